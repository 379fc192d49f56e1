"""A least-recently-used cache, bounded by entries and by the weight that callers give them."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRU(Generic[Value]):
    """Values by key. An entry heavier than the whole cache is not kept."""

    def __init__(self, *, max_entries: int, max_weight: int) -> None:
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Value | None:
        """The value, which becomes the most recently used."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep the value, dropping those that were used longest ago."""
        if weight > self._max_weight:
            return
        old = self._entries.pop(key, None)
        self.weight += weight - (old[1] if old else 0)
        self._entries[key] = (value, weight)
        while len(self._entries) > self._max_entries or self.weight > self._max_weight:
            _, (_, dropped) = self._entries.popitem(last=False)
            self.weight -= dropped

    def drop(self, key: Hashable) -> None:
        """Forget the value, if there is one."""
        entry = self._entries.pop(key, None)
        self.weight -= entry[1] if entry else 0

    def items(self) -> list[tuple[Hashable, Value]]:
        """All keys and values, those used longest ago first; to look changes nothing of that order."""
        return [(key, value) for key, (value, _) in self._entries.items()]
