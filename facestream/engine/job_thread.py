"""Jobs -> their results, one after the other in one thread of its own. Knows not what they do."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from facestream.errors import FacestreamError

__all__ = ["JobThread"]

log = logging.getLogger(__name__)
_T = TypeVar("_T")


class JobThread:
    """One thread, from its first job on. It may die; then all its jobs end, and it takes no more.

    What ThreadPoolExecutor does not do: it says whether its thread lives. What is no Exception,
    such as SystemExit, or what hits the thread between two jobs, ends the thread: what such a job
    left behind is not to be trusted. Each job's future ends exactly once, in its result, its error
    or in what `died` makes, even then.

    Bound: that of those who hand in jobs; see there.

    Args:
        name: of the thread.
        died: makes the error of the jobs of a dead thread.
    """

    def __init__(self, name: str, died: Callable[[], FacestreamError]) -> None:
        self._died = died
        self._jobs: deque[tuple[Future[Any], Callable[[], Any]]] = deque()  # the first one runs
        self._wake: SimpleQueue[bool] = SimpleQueue()  # once for each job; False: stop
        self._over = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name)

    @property
    def alive(self) -> bool:
        """Whether it takes jobs; true as well before the first one."""
        return not self._over and (self._thread.is_alive() or self._thread.ident is None)

    def submit(self, job: Callable[[], _T]) -> Future[_T]:
        """Hand in a job. Raises RuntimeError when the system gives no thread."""
        future: Future[_T] = Future()
        if self._thread.ident is None and not self._stopping:
            self._thread.start()
        self._jobs.append((future, job))
        self._wake.put(True)
        if not self._thread.is_alive():
            self.bury()
        return future

    def bury(self) -> None:
        """End what a dead thread has left. Safe to call again, and from any thread."""
        self._over = True
        while self._jobs:
            try:
                future, _ = self._jobs.popleft()
            except IndexError:  # another thread was quicker
                break
            if not future.done():  # else it was the last word of the thread
                future.set_exception(self._died())

    def stop(self) -> None:
        """Take no more jobs, cancel those that wait. A running one ends by itself."""
        self._stopping = True
        for future, _ in list(self._jobs):
            future.cancel()  # without effect on the one that runs
        self._wake.put(False)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; whether it ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while self._wake.get():
                self._do(*self._jobs[0])
                self._jobs.popleft()
        except BaseException:
            log.critical("the thread %s died", self._thread.name, exc_info=True)
        self.bury()

    def _do(self, future: Future[Any], job: Callable[[], Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = job()
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)
