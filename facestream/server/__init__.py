"""The WebSocket and HTTP side: bytes in, bytes out. The only room that may import aiohttp."""
