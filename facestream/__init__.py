"""Real-time face detection and recognition for the browser."""

__version__ = "0.1.0"
