"""The bounded cache."""

from api.core.lru import LRU


def test_the_least_recently_used_goes_first() -> None:
    cache: LRU[int] = LRU(max_entries=2, max_weight=100)
    cache.put("a", 1, 1)
    cache.put("b", 2, 1)
    assert cache.get("a") == 1
    cache.put("c", 3, 1)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_weight_is_bounded_and_counted() -> None:
    cache: LRU[int] = LRU(max_entries=100, max_weight=10)
    for number in range(20):
        cache.put(str(number), number, 3)
        assert cache.weight <= 10
    assert len(cache) == 3
    assert cache.get("19") == 19


def test_replacing_an_entry_replaces_its_weight() -> None:
    cache: LRU[int] = LRU(max_entries=100, max_weight=10)
    cache.put("a", 1, 9)
    cache.put("a", 2, 4)
    assert (cache.get("a"), cache.weight, len(cache)) == (2, 4, 1)


def test_what_is_heavier_than_the_cache_is_not_kept() -> None:
    cache: LRU[int] = LRU(max_entries=100, max_weight=10)
    cache.put("a", 1, 1)
    cache.put("b", 2, 11)
    assert (cache.get("a"), cache.get("b")) == (1, None)
