"""Starts TensorFlow: which device, how much memory, and without its chatter."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

__all__ = ["release_free_memory", "start_tensorflow"]

CHATTER = (
    b"absl::InitializeLog",
    b"oneDNN custom operations",
    b"cpu_feature_guard",
    b"AVX",
    b"cuda",
    b"TF-TRT",
    b"Created TensorFlow Lite XNNPACK delegate",
)
"""Parts of the lines that every start of TensorFlow prints and that no user can act on."""


def start_tensorflow(device: Literal["auto", "cpu", "gpu"] = "auto") -> str:
    """Import TensorFlow, choose the device, and say in one line which it is.

    With a GPU, memory is taken as it is needed, so that others can use the card too.
    """
    with _without_chatter():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        gpus = tf.config.list_physical_devices("GPU")
        used = [] if device == "cpu" else gpus[:1]
        tf.config.set_visible_devices(used, "GPU")
        for gpu in used:
            tf.config.experimental.set_memory_growth(gpu, True)
        # 10 bits of mantissa, TensorFlow's default there, would move cosines by a thousandth.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        _first_use(tf)
    if used:
        return f"TensorFlow {tf.__version__} on the GPU"
    missing = " (no GPU was found)" if device == "gpu" else ""
    return f"TensorFlow {tf.__version__} on the CPU{missing}"


def release_free_memory() -> None:
    """Give memory that nobody uses back to the system, where the C library knows how.

    glibc keeps what was freed. After networks were converted for LiteRT that is half a gigabyte.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in musl
        if trim is not None:
            trim(0)


def _first_use(tf: Any) -> None:
    """Let the device, the converter and LiteRT be used once: each talks the first time."""
    from ai_edge_litert.interpreter import Interpreter

    double = tf.function(lambda x: x @ x, input_signature=[tf.TensorSpec([2, 2])])
    double(tf.eye(2))
    concrete = [double.get_concrete_function()]
    model = tf.lite.TFLiteConverter.from_concrete_functions(concrete, tf.Module()).convert()
    Interpreter(model_content=model, num_threads=1).allocate_tensors()


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back the process's stderr, then let through all lines but the known ones.

    TensorFlow writes them from C++ before its log level is set, so nothing gentler reaches them.
    """
    sys.stderr.flush()
    try:
        stderr = os.dup(2)
    except OSError:  # stderr was closed: nobody is listening
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not any(part in line for part in CHATTER):
                    os.write(2, line)
