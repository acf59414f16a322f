"""Imported before all tests, so before TensorFlow, which says nothing then but errors."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
