"""Pixels in, faces with embeddings out: numpy, OpenCV, TensorFlow. Knows no asyncio and no settings."""
