"""Which device is used, and what is said of it; in processes of their own: it is chosen once."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from facestream.vision.runtime import _why_no_gpu

# A machine with a GPU that TensorFlow does not really have: what it is told is written down.
WITH_A_GPU = """
import tensorflow as tf
told = []
gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
tf.config.list_physical_devices = lambda kind: [gpu, "a second one"]
tf.config.set_visible_devices = lambda devices, kind: told.append((kind, len(devices)))
tf.config.experimental.set_memory_growth = lambda device, grow: told.append((device.name, grow))
tf.config.experimental.get_device_details = lambda device: {"device_name": "NVIDIA Test 100"}
from facestream.vision.runtime import start_tensorflow
"""


def run(script: str) -> list[str]:
    code = textwrap.dedent(script)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_without_a_gpu_the_cpu_is_used_and_the_reason_said_if_one_was_wanted() -> None:
    lines = run("""
        from facestream.vision.runtime import start_tensorflow
        for device in ("cpu", "auto", "gpu"):
            print(start_tensorflow(device).line)
    """)
    assert [line.endswith(" on the CPU") for line in lines] == [True, True, False]
    assert " on the CPU: " in lines[2]


def test_the_first_gpu_is_used_and_where_it_fails_the_cpu() -> None:
    lines = run(
        WITH_A_GPU
        + """
print(*start_tensorflow("auto"), told)
told.clear()
print(*start_tensorflow("cpu"), told)
told.clear()
def fail(*_):
    raise tf.errors.ResourceExhaustedError(None, None, "card full")
tf.linalg.matmul = fail
print(*start_tensorflow("auto"), told)
def too_late(devices, kind):
    if not devices:
        raise RuntimeError("cannot be changed any more")
tf.config.set_visible_devices = too_late
try:
    start_tensorflow("auto")
except Exception as error:
    print(error.code, error)
"""
    )
    assert lines[0].endswith(
        " on the GPU (NVIDIA Test 100) False [('GPU', 1), ('/physical_device:GPU:0', True)]"
    )
    assert lines[1].endswith(" on the CPU False [('GPU', 0)]")
    assert " on the CPU: the GPU cannot be used (card full) True [('GPU', 1)," in lines[2]
    assert lines[2].endswith(", ('GPU', 0)]")
    assert lines[3] == "gpu_failed the GPU failed (card full): start again with --device cpu"


def test_each_reason_for_no_gpu_says_what_to_do() -> None:
    assert "install facestream[gpu]" in _why_no_gpu(False, None)
    assert "driver" in _why_no_gpu(True, None)
    assert "out of memory" in _why_no_gpu(True, ValueError("out of memory\nat 0x7f"))
