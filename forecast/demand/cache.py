"""Results kept by what they were made from: a result kept is the very one that would be worked out again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable


class Cache:
    """So many results, those used last. Not for two threads at once."""

    def __init__(self, most: int):
        self._most, self._kept = most, OrderedDict()

    def get(self, key: Hashable, make: Callable):
        """The result kept under `key`, or else the one that `make` gives."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
