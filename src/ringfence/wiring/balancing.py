"""What became of each source's records, as far as a tenant may know."""

from __future__ import annotations

from dataclasses import asdict

from ringfence.wiring.house import House


def balance(house: House, tenant: str | None = None) -> list[dict[str, int | str]]:
    """Return the counters of each source: the engine's own where it runs here, else those of the last checkpoint."""
    if house.engine is not None:
        rows = house.ask_engine(lambda engine: [{"source": s, **asdict(c)} for s, c in sorted(engine.counters.items())])
    else:
        with house.reading() as place:
            rows = [counters.to_json() for counters in place.counters.all()]
    return [row for row in rows if tenant is None or house.tenant_of(str(row["source"])) == tenant]
