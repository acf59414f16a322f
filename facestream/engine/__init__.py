"""The way of a frame through queue, batch, worker and capture. Knows asyncio, but no aiohttp and no TensorFlow."""
