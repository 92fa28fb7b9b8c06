"""JSON call records, one object after the other; a broken one ends where the next begins."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.feeds.mapping import Mapping, Take

from .reading import Everything, read_all


def call(i: int, **more: object) -> dict[str, object]:
    variables = {
        "uuid": f"u{i}",
        "start_epoch": str(1_709_287_200 + i),
        "end_epoch": str(1_709_287_260 + i),
        "duration": "60",
        "billsec": "50",
        "hangup_cause_q850": "16",
    }
    return {"core-uuid": "c", "variables": variables | more, "app_log": {"applications": [{"app_name": "{"}]}}


def read_texts(folder: Path, texts: list[str], end: str = "\n") -> Everything:
    path = folder / "cdr.json"
    path.write_text("\n".join(texts) + end)
    return read_all(path, "freeswitch", block_bytes=2_000)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([None, 2]), st.booleans()), min_size=1, max_size=12))
def test_a_broken_object_costs_its_neighbours_nothing(
    tmp_path_factory: object, plan: list[tuple[int | None, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("json")  # type: ignore[attr-defined]
    texts = [json.dumps(call(i), indent=indent) for i, (indent, _) in enumerate(plan)]
    broken = [text[: len(text) // 2] if bad else text for text, (_, bad) in zip(texts, plan, strict=True)]
    alone = read_texts(folder, [text for text, (_, bad) in zip(texts, plan, strict=True) if not bad])

    found = read_texts(folder, broken)

    assert found.events.drop("place").equals(alone.events.drop("place"))
    assert found.received == len(plan)
    assert set(found.codes()) <= {errors.BAD_JSON, errors.TRUNCATED}


def test_a_file_that_ends_within_an_object_is_truncated(tmp_path: Path) -> None:
    found = read_texts(tmp_path, [json.dumps(call(0)), json.dumps(call(1), indent=2)[:100]], end="")

    assert found.events.height == 1
    assert found.codes() == [errors.TRUNCATED]
    assert found.rejects["place"][0].endswith(":2")


def test_an_object_that_is_nested_beyond_all_bounds_is_in_suspense(tmp_path: Path) -> None:
    deep = '{"variables": {"uuid": "u"}, "x": ' + "[" * 50_000 + "]" * 50_000 + "}"

    found = read_texts(tmp_path, [json.dumps(call(0)), deep, json.dumps(call(1))])

    assert found.events.height == 2
    assert found.codes() == [errors.BAD_JSON]


def test_durations_in_an_object_are_checked_as_in_any_record(tmp_path: Path) -> None:
    found = read_texts(tmp_path, [json.dumps(call(0, billsec="-1")), json.dumps(call(1, billsec="61"))])

    assert found.codes() == [errors.BAD_DURATION] * 2
    assert found.rejects["column"].to_list() == ["billsec", "billsec"]


def test_an_object_that_is_too_large_is_rejected_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cdr.json"
    large = json.dumps(call(0, note=["x" * 100] * 20_000), indent=2)
    path.write_text("\n".join([large, json.dumps(call(1), indent=2)]))

    found = read_all(path, "freeswitch")

    assert found.events.height == 1
    assert errors.RECORD_TOO_LARGE in found.codes()
    assert found.rejects["raw"].bin.size().max() <= 64 * 1024


def test_any_json_objects_are_read_through_a_mapping_of_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"from": 44207900001, "at": "2024-03-01T10:00:00+01:00", "sec": 60}\n')
    mapping = Mapping(
        name="m",
        constants={"kind": "call"},
        take={
            "caller": (Take(column="from"),),
            "start_ms": (Take(column="at"),),
            "duration_ms": (Take(column="sec"),),
        },
    )

    found = read_all(path, mapping)

    assert found.events.select("caller", "start_ms", "at_ms").rows() == [("44207900001", 1709283600000, 1709283660000)]
