"""The way of a frame: queue, batch, worker, capture. Knows asyncio; no aiohttp, no TensorFlow."""
