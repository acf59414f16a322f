"""The gallery room."""
