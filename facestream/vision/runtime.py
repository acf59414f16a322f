"""Starts TensorFlow: which device, how much memory, and without its chatter."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from facestream.errors import GpuFailed

__all__ = ["Running", "release_free_memory", "start_tensorflow", "uses_gpu"]

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


class Running(NamedTuple):
    """What TensorFlow computes on, in one line; `missed`: on the CPU, though it was to be a GPU."""

    line: str
    missed: bool


def start_tensorflow(device: Literal["auto", "cpu", "gpu"] = "auto") -> Running:
    """Import TensorFlow, and choose the device.

    With a GPU, memory is taken as it is needed, so that others can use the card too. One that is
    not there, or cannot be used, is no reason not to start: then it is the CPU, and the line says
    why.

    Raises:
        GpuFailed: the GPU failed when TensorFlow had begun to use it.
    """
    with _without_chatter():
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        with _without_keras():
            import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        # 10 bits of mantissa, TensorFlow's default there, would move cosines by a thousandth.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        gpus = [] if device == "cpu" else tf.config.list_physical_devices("GPU")[:1]
        failure = _try_to_use(tf, gpus)
        if failure is not None:
            _use_none(tf, failure)
        _first_use(tf)
    running = f"TensorFlow {tf.__version__} on the"
    if gpus and failure is None:
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "")
        return Running(f"{running} GPU{name and f' ({name})'}", missed=False)
    if device == "cpu" or (device == "auto" and failure is None):
        return Running(f"{running} CPU", missed=False)
    why = _why_no_gpu(tf.test.is_built_with_cuda(), failure)
    return Running(f"{running} CPU: {why}", missed=True)


def _try_to_use(tf: Any, gpus: list[Any]) -> Exception | None:
    """Let TensorFlow see these GPUs only, and compute on them once; what went wrong."""
    tf.config.set_visible_devices(gpus, "GPU")
    try:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if gpus:
            tf.linalg.matmul(tf.eye(8), tf.eye(8)).numpy()
    except Exception as error:  # a driver too old, a card that somebody else has filled
        return error
    return None


def _use_none(tf: Any, failure: Exception) -> None:
    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:
        # TensorFlow chooses once a process.
        raise GpuFailed(
            f"the GPU failed ({_first_line(failure)}): start again with --device cpu"
        ) from failure


def _why_no_gpu(built_with_cuda: bool, failure: Exception | None) -> str:
    """What somebody who wanted the GPU can do."""
    if failure is not None:
        return f"the GPU cannot be used ({_first_line(failure)})"
    if not built_with_cuda:
        return "this is TensorFlow's build without GPUs; install facestream[gpu]"
    return "no GPU was found; is the driver there, and are the libraries of facestream[gpu]?"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def uses_gpu() -> bool:
    """Whether TensorFlow, which was started, computes on a GPU."""
    import tensorflow as tf

    return bool(tf.config.get_visible_devices("GPU"))


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

    spec = tf.TensorSpec([2, 2])
    double = tf.function(lambda x: x @ x, input_signature=[spec], autograph=False)
    double(tf.eye(2))
    concrete = [double.get_concrete_function()]
    model = tf.lite.TFLiteConverter.from_concrete_functions(concrete, tf.Module()).convert()
    Interpreter(model_content=model, num_threads=1).allocate_tensors()


@contextmanager
def _without_keras() -> Iterator[None]:
    """Let TensorFlow be imported without Keras, which it takes in its stride: `tf.keras` is lazy.

    It imports Keras for the sake of saved models, of which we have none, and Keras imports SciPy,
    scikit-learn and matplotlib where they are: together two fifths of TensorFlow's start.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # the documented way to hide a module
    try:
        yield
    finally:
        del sys.modules["keras"]


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
