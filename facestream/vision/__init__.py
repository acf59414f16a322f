"""Pixels in, faces with embeddings out. Knows no asyncio and no settings."""
