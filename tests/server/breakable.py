"""`facestream serve` around a fake engine whose worker breaks when stdin says so. A program.

    python -m tests.server.breakable serve ...

kill: an exception that nobody catches hits the worker thread, wherever it is. hang: the next frame
is never done. These hooks are here, and nowhere in the product.
"""

from __future__ import annotations

import ctypes
import sys
import threading

from facestream import cli
from facestream.engine import worker
from facestream.server import serve
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine

THREAD = "facestream-worker"


def main() -> None:
    worker.STALLED_S = 0.5
    serve.JOIN_S = 0.5
    engines: list[FakeEngine] = []

    def make_engine(settings: Settings) -> FakeEngine:
        engines.append(FakeEngine(**settings.model_dump()))
        return engines[0]

    serve.make_engine = make_engine  # type: ignore[attr-defined]  # not exported
    threading.Thread(target=lambda: obey(engines), daemon=True).start()
    cli.main()


def obey(engines: list[FakeEngine]) -> None:
    for line in sys.stdin:
        if line.strip() == "kill":
            for thread in threading.enumerate():
                if thread.name == THREAD and thread.ident is not None:
                    kill(thread.ident)
        else:
            engines[0].recogniser.wait_s = 1e6
            engines[0].recogniser.hold()


def kill(ident: int) -> None:
    """Raise SystemExit in a thread as soon as it runs Python again."""
    number, error = ctypes.c_ulong(ident), ctypes.py_object(SystemExit)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, error)


if __name__ == "__main__":
    main()
