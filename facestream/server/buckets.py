"""How often something may happen: token buckets. Arithmetic only."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["Bucket", "Buckets"]

MOST_ADDRESSES = 4096


class Bucket:
    """Holds up to `burst` tokens, and gets `rate` a second. Bound: two numbers."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled_s: float | None = None

    def delay_s(self, now_s: float) -> float:
        """Take a token; seconds until there is one, 0 at once. It is owed, if it is not there."""
        before_s = now_s if self._filled_s is None else self._filled_s
        self._tokens = min(self._burst, self._tokens + self._rate * max(now_s - before_s, 0.0))
        self._filled_s = now_s
        self._tokens -= 1
        return max(-self._tokens, 0.0) / self._rate

    def put_back(self) -> None:
        """The last one was not used."""
        self._tokens += 1


class Buckets:
    """A bucket for each key. Bound: `MOST_ADDRESSES`. Policy: the one used longest ago goes."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def refused_for_s(self, key: str, now_s: float) -> float:
        """0: it may happen. Else seconds to wait; a refusal takes no token."""
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, self._burst)
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        delay_s = bucket.delay_s(now_s)
        if delay_s:
            bucket.put_back()
        return delay_s
