"""Import it before anything that imports TensorFlow, which else tells a lot when it starts."""

from facestream.vision.runtime import start_tensorflow

RUNNING = start_tensorflow("cpu").line
"""Which TensorFlow, and that it is on the CPU: all comparisons here are."""
