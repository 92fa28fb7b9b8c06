"""The catalogue of what rules may speak of: every feature, and every event column, as data for the detectors."""

from __future__ import annotations

from typing import Final

from ringfence.detectors.catalogue import Catalogue, Known, Type
from ringfence.events.schema import COLUMNS
from ringfence.features.define import Family, Feature
from ringfence.features.families import FAMILIES

_TYPES: Final[dict[str, Type]] = {"text": "text", "integer": "integer", "boolean": "boolean"}


def catalogue() -> Catalogue:
    """Return every event column (but `event_id`, which no rule needs) and every feature, by name."""
    columns = (Known(c.name, _TYPES[c.type], c.unit, None, c.meaning) for c in COLUMNS if c.type in _TYPES)
    features = (_known(feature, family) for family in FAMILIES for feature in family.features)
    return {known.name: known for known in (*columns, *features)}


def _known(feature: Feature, family: Family) -> Known:
    window = feature.window.words if feature.window else ""
    meaning = feature.meaning.removesuffix(f", in {window}") if window else feature.meaning
    kind: Type = "float" if feature.is_ratio else "integer"
    return Known(feature.name, kind, feature.unit, family.prefix, meaning, window)
