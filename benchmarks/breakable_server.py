"""`facestream serve` with real models that breaks when it is told to on stdin: for chaos.py.

    python benchmarks/breakable_server.py serve ...

kill: what nobody catches hits the worker thread. raise N: the next N computations fail. full and
room: no file can grow, and can again. When stdin ends, so does the process: nobody is left to tell
it anything. The hooks are here, and nowhere in the product.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import threading
from typing import Any

from facestream import cli
from facestream.engine.recogniser import Recogniser

WORKER = "facestream-worker"
FULL_BYTES = 4096
NOBODY_TELLS = 3
"""The status of a process whose stdin has ended."""


class Breaker:
    """failing: computations that are still to fail. Written here, counted down in the worker."""

    def __init__(self) -> None:
        self.failing = 0
        self._recognise = Recogniser.recognise

    def recognise(self, recogniser: Recogniser, *given: Any) -> Any:
        """In the place of the recogniser's."""
        if self.failing > 0:
            self.failing -= 1
            raise MemoryError("out of memory, says the breaker")
        return self._recognise(recogniser, *given)

    def obey(self) -> None:
        """Read words until stdin ends, and end then."""
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        for line in sys.stdin:
            match line.split():
                case ["kill"]:
                    for thread in threading.enumerate():
                        if thread.name == WORKER and thread.ident is not None:
                            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                                ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
                            )
                case ["raise", number]:
                    self.failing = int(number)
                case ["full"]:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, most))
                case ["room"]:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        os._exit(NOBODY_TELLS)


def main() -> None:
    breaker = Breaker()
    Recogniser.recognise = lambda self, *given: breaker.recognise(self, *given)  # type: ignore
    threading.Thread(target=breaker.obey, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
