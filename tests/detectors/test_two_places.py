"""The two-places detector: clones are seen, and people who only move, hold two calls or change their phone are not."""

from __future__ import annotations

import math

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.detectors.cells import NOWHERE, Cells
from ringfence.detectors.two_places import TwoPlaces
from ringfence.detectors.two_places_kernel import distance_km
from ringfence.events.errors import DependencyError
from ringfence.events.schema import SCHEMA
from tests.detectors.feature_rows import START_MS

AMSTERDAM, SCHIPHOL, UTRECHT, MAASTRICHT, LONDON = (
    "NL-52370-4895",
    "NL-52310-4768",
    "NL-52090-5121",
    "NL-50851-5690",
    "GB-51507--127",
)
PLACES = (AMSTERDAM, MAASTRICHT)
MINUTE = 60_000
DETECTOR = TwoPlaces()


def call(cell: str | None, start: float, minutes: float, **also: str | None) -> dict[str, object]:
    """Return a call that begins `start` minutes after the first."""
    at = START_MS + round((start + minutes) * MINUTE)
    told: dict[str, object] = {"kind": "call", "caller": "31612345678", "caller_imsi": "204080000000001", "device": "A"}
    told |= {"start_ms": START_MS + round(start * MINUTE), "at_ms": at, "cell": cell, "direction": "out"}
    return told | also


def frame(calls: list[dict[str, object]]) -> pl.DataFrame:
    rows = sorted(calls, key=lambda row: int(str(row["at_ms"])))
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in (*DETECTOR.columns, "kind")})


def found(calls: list[dict[str, object]], detector: TwoPlaces = DETECTOR) -> list[str]:
    """Return the reasons of all matches."""
    rows = frame(calls)
    matches, memory = detector.judge(rows, detector.start())
    return [reason.text for (reason,) in detector.explain(rows, matches, memory)]


def test_calls_that_overlap_far_apart_are_two_sims() -> None:
    calls = [call(AMSTERDAM, 0, 10), call(MAASTRICHT, 5, 10)]

    (text,) = found(calls)

    assert text == "two calls of this SIM overlap by 5 min in cells 178 km apart"


def test_a_journey_faster_than_an_airliner_is_two_sims() -> None:
    calls = [call(AMSTERDAM, 0, 1), call(LONDON, 12, 1), call(AMSTERDAM, 30, 1)]

    (text,) = found(calls)

    assert text == "this SIM was in places 357 km apart within 18 min: 1,191 km/h"


def test_the_alert_is_on_the_number_or_on_the_sim_where_there_is_none() -> None:
    with_number, _ = DETECTOR.judge(frame([call(AMSTERDAM, 0, 10), call(LONDON, 5, 10)]), DETECTOR.start())
    nameless = [call(AMSTERDAM, 0, 10, caller=None), call(LONDON, 5, 10, caller=None)]
    without, _ = DETECTOR.judge(frame(nameless), DETECTOR.start())

    assert with_number.select("entity_kind", "entity").rows() == [("caller", "31612345678")]
    assert without.select("entity_kind", "entity").rows() == [("caller_imsi", "204080000000001")]
    assert with_number["fraud"].to_list() == ["cloned_sim"]


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param([call(AMSTERDAM, 0, 10), call(AMSTERDAM, 5, 2)], id="call waiting in one cell"),
        pytest.param([call(AMSTERDAM, 0, 20), call(SCHIPHOL, 12, 2)], id="a held call, and a handover meanwhile"),
        pytest.param([call(AMSTERDAM, 0, 1), call(UTRECHT, 2, 1)], id="neighbouring cells of a border region"),
        pytest.param([call(AMSTERDAM, 0, 5), call(MAASTRICHT, 120, 5)], id="a train journey"),
        pytest.param([call(AMSTERDAM, 0, 5), call(LONDON, 75, 5)], id="a flight"),
        pytest.param(
            [call(AMSTERDAM, 0, 10), call(MAASTRICHT, 5, 10, caller_imsi="204080000000002")],
            id="two SIMs of one number",
        ),
        pytest.param([call(AMSTERDAM, 0, 10), call(LONDON, 2, 1, direction="in")], id="a received call"),
        pytest.param(
            [
                call(cell, 0, 3, caller="31201234567", caller_imsi=None, callee_imsi=sim)
                for cell, sim in ((AMSTERDAM, "1"), (LONDON, "2"))
            ],
            id="a sender whose receivers are far apart",
        ),
        pytest.param(
            [
                call(cell, 0, 3, caller="31201234567", caller_imsi=None, direction=None, trunk_in=trunk)
                for cell, trunk in ((AMSTERDAM, "carrier"), (LONDON, None))
            ],
            id="a caller elsewhere whose calls come to far-apart cells, from a switch that tells no direction",
        ),
        pytest.param([call("north", 0, 10), call("south", 20, 10)], id="unknown places, one after the other"),
        pytest.param([call(None, 0, 10), call(None, 5, 10)], id="no cells"),
        pytest.param(
            [call(AMSTERDAM, 0, 1), call(LONDON, 12, 1), call(AMSTERDAM, 2880, 1)], id="a cell that is wrong once"
        ),
        pytest.param([call(AMSTERDAM, n * 60, 1, device="A" if n < 3 else "B") for n in range(6)], id="a new phone"),
        pytest.param(
            [call(AMSTERDAM, n * 60, 1, device="B" if n == 3 else "A") for n in range(6)], id="a SIM lent for an hour"
        ),
        pytest.param(
            [call(AMSTERDAM, n * 780, 1, device="AB"[n % 2]) for n in range(8)], id="a phone for work, one for home"
        ),
        pytest.param(
            [call(AMSTERDAM, n * 9, 1, device="AB"[n % 2], caller_imsi=None) for n in range(8)], id="two desk phones"
        ),
    ],
)
def test_people_who_do_ordinary_things_are_not_accused(calls: list[dict[str, object]]) -> None:
    assert found(calls) == []


def test_overlaps_in_cells_of_unknown_place_count_by_name() -> None:
    (text,) = found([call("north", 0, 10), call("south", 5, 10)])

    assert text == "two calls of this SIM overlap by 5 min in cells of different names"


def test_an_overlap_of_five_seconds_is_the_clock_of_the_switch() -> None:
    assert found([call("north", 0, 10), call("south", 10 - 5 / 60, 10)]) == []
    assert len(found([call("north", 0, 10), call("south", 10 - 6 / 60, 10)])) == 1


def test_a_call_that_leaves_is_the_callers_even_where_no_direction_is_told() -> None:
    calls = [call(cell, n, 10, caller_imsi=None, direction=None, trunk_out="KPN") for n, cell in enumerate(PLACES)]

    assert len(found(calls)) == 1


def test_a_sim_that_keeps_changing_to_and_fro_is_two() -> None:
    calls = [call(AMSTERDAM, n * 60, 1, device="AABABAB"[n]) for n in range(7)]

    texts = found(calls)

    assert texts[0] == "this SIM went back 2 times to the device that it had come from"
    assert len(texts) == 3


def test_a_table_of_cells_makes_places_known() -> None:
    table = pl.DataFrame({"cell": ["north", "south"], "lat": [53_200, 50_850], "lon": [6_560, 5_690]})

    (text,) = found([call("north", 0, 10), call("south", 5, 10)], TwoPlaces(cells=Cells(table)))

    assert text == "two calls of this SIM overlap by 5 min in cells 268 km apart"


places = st.tuples(st.integers(-90_000, 90_000), st.integers(-180_000, 180_000))


@settings(max_examples=200, deadline=None)
@given(a=places, b=places)
def test_the_distance_is_that_of_vectors_on_a_sphere(a: tuple[int, int], b: tuple[int, int]) -> None:
    def vector(place: tuple[int, int]) -> tuple[float, float, float]:
        lat, lon = (math.radians(degrees / 1000) for degrees in place)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    chord = math.dist(vector(a), vector(b))

    assert distance_km(*a, *b) == pytest.approx(2 * 6371 * math.asin(min(1, chord / 2)), rel=1e-6, abs=0.01)
    assert distance_km(*a, NOWHERE, NOWHERE) == -1


def test_a_snapshot_of_another_version_is_refused() -> None:
    raw = DETECTOR.start().to_bytes()

    assert DETECTOR.restore(raw).to_bytes() == raw
    with pytest.raises(DependencyError, match="another version"):
        DETECTOR.restore(_with_version(raw, 0))


def _with_version(raw: bytes, version: int) -> bytes:
    body = zstandard.ZstdDecompressor().decompress(raw)
    return zstandard.ZstdCompressor().compress(f"[{version}".encode() + body[body.index(b",") :])
