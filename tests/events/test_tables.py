"""Keys of entities: hashed as the papers say, and looked up as a dict would."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.tables import find_or_add, hash_column

SIXTY_FOUR = 2**64 - 1


def hashed(text: str) -> int:
    """FNV-1a, then the finaliser of MurmurHash3, in whole numbers without end."""
    h = 14695981039346656037
    for byte in text.encode():
        h = (h ^ byte) * 1099511628211 & SIXTY_FOUR
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = (h ^ h >> 33) * factor & SIXTY_FOUR
    return h ^ h >> 33


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.none() | st.text(max_size=20), max_size=30), first=st.integers(0, 10))
def test_a_key_is_the_hash_of_the_text_and_zero_for_null(texts: list[str | None], first: int) -> None:
    column = pl.Series(texts, dtype=pl.String)[first:]

    with np.errstate(over="ignore"):
        keys = hash_column(column).view(np.uint64).tolist()

    assert keys == [0 if text is None else hashed(text) for text in texts[first:]]


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.lists(st.integers(-20, 20), max_size=30), max_size=4), spread=st.sampled_from([1, 64]))
def test_an_entity_keeps_its_number_and_a_new_one_gets_the_next(batches: list[list[int]], spread: int) -> None:
    index, keys = np.zeros(128, np.int64), np.zeros(64, np.int64)
    numbers: dict[int, int] = {}
    used = 0
    for batch in batches:
        wanted = np.array(batch, np.int64) * spread  # a multiple of 64 falls on few places of the index
        slots = np.empty(len(batch), np.int64)
        used = find_or_add(index, keys, used, wanted, slots)

        told = [-1 if key == 0 else numbers.setdefault(key, len(numbers)) for key in wanted.tolist()]
        assert slots.tolist() == told
    assert used == len(numbers)
    assert keys[:used].tolist() == list(numbers)
