"""The conservation equation: received = accepted + duplicate + rejected + late + shed, for each source."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """What became of a source's records, each counted once."""

    received: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    late: int = 0
    shed: int = 0

    @property
    def difference(self) -> int:
        """Records that are unaccounted for: 0, or the product is wrong."""
        return self.received - self.accepted - self.duplicate - self.rejected - self.late - self.shed

    def add(self, other: Counters) -> None:
        """Count what another counted."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)
