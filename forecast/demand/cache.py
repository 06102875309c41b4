"""Results kept by what they were made from: a result kept is the very one that would be worked out again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class Cache:
    """So many results, those used last. Two threads that ask for the same at once may both make it; they get one."""

    def __init__(self, most: int):
        self._most, self._kept, self._lock = most, OrderedDict(), Lock()

    def held(self, key: Hashable):
        """The result kept under `key`, or None."""
        with self._lock:
            return self._kept.get(key)

    def get(self, key: Hashable, make: Callable):
        """The result kept under `key`, or else the one that `make` gives."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            held = self._kept.setdefault(key, made)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return held


def hashed_once(plan: type) -> type:
    """A frozen class of plain values whose hash is worked out once an instance: plans of many values are keys."""
    whole = plan.__hash__

    def of(self) -> int:
        if "_hash" not in self.__dict__:
            self.__dict__["_hash"] = whole(self)
        return self.__dict__["_hash"]

    plan.__hash__ = of
    return plan
