"""The people that are known: search, decision, disk. Knows no asyncio."""
