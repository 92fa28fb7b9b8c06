"""The map: Dutch cities and their area codes, other countries and what it costs to call them.

Coordinates and city populations are rounded public figures (Statistics Netherlands, 2023). Wholesale prices are
this room's own, plausible for 2025 carrier price lists, and not the ones that any rate table of the product holds.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ringfence.simulation.traffic import Floats, Ints

MICROS: Final = 1_000_000


class City(NamedTuple):
    """A place where people live: area code, coordinates in degrees, thousands of inhabitants."""

    area: int
    latitude: float
    longitude: float
    thousands: int


CITIES: Final = (
    City(20, 52.37, 4.90, 920), City(10, 51.92, 4.48, 660), City(70, 52.07, 4.30, 560),
    City(30, 52.09, 5.12, 370), City(40, 51.44, 5.47, 245), City(50, 53.22, 6.57, 240),
    City(13, 51.56, 5.08, 228), City(36, 52.37, 5.22, 225), City(76, 51.59, 4.78, 187),
    City(24, 51.84, 5.86, 184), City(55, 52.21, 5.97, 168), City(26, 51.98, 5.91, 167),
    City(23, 52.38, 4.64, 165), City(53, 52.22, 6.89, 161), City(33, 52.16, 5.39, 161),
    City(75, 52.44, 4.83, 160), City(73, 51.69, 5.30, 160), City(38, 52.51, 6.09, 133),
    City(71, 52.16, 4.49, 128), City(79, 52.06, 4.49, 127), City(58, 53.20, 5.79, 128),
    City(43, 50.85, 5.69, 122), City(78, 51.81, 4.67, 121), City(15, 52.01, 4.36, 109),
    City(77, 51.37, 6.17, 103), City(35, 52.22, 5.17, 94), City(46, 51.00, 5.87, 92),
    City(45, 50.89, 5.98, 87), City(74, 52.27, 6.79, 82),
)  # fmt: skip
AREAS: Final = np.array([city.area for city in CITIES], dtype=np.int64)


class Country(NamedTuple):
    """A country: how its mobile numbers begin and how long they are, its network, its price and who calls it.

    `lead` are the leading digits with country code, `length` all digits, `price` EUR a minute wholesale; the last
    three are relative weights: holidays and business trips, families abroad, trade.
    """

    iso: str
    lead: int
    length: int
    plmn: int
    latitude: float
    longitude: float
    price: float
    hours: int  # ahead of Dutch time
    holiday: float
    family: float
    trade: float


COUNTRIES: Final = (
    Country("DE", 49151, 13, 26201, 50.94, 6.96, 0.012, 0, 18, 6, 30),
    Country("BE", 32475, 11, 20601, 51.22, 4.40, 0.012, 0, 9, 6, 22),
    Country("FR", 336, 11, 20801, 48.86, 2.35, 0.010, 0, 12, 3, 10),
    Country("GB", 4477, 12, 23410, 51.51, -0.13, 0.011, -1, 8, 5, 14),
    Country("ES", 346, 11, 21407, 40.42, -3.70, 0.010, 0, 14, 4, 6),
    Country("IT", 3933, 12, 22201, 45.46, 9.19, 0.011, 0, 8, 4, 6),
    Country("TR", 9053, 12, 28601, 41.01, 28.98, 0.09, 2, 7, 14, 3),
    Country("MA", 2126, 12, 60401, 33.57, -7.59, 0.24, 0, 2, 14, 1),
    Country("PL", 4850, 11, 26002, 52.23, 21.01, 0.011, 0, 3, 13, 5),
    Country("RO", 4072, 11, 22610, 44.43, 26.10, 0.011, 1, 1, 6, 2),
    Country("BG", 35988, 12, 28401, 42.70, 23.32, 0.012, 1, 2, 4, 1),
    Country("PT", 35191, 12, 26801, 38.72, -9.14, 0.011, -1, 5, 3, 1),
    Country("GR", 3069, 12, 20201, 37.98, 23.73, 0.012, 1, 6, 2, 1),
    Country("US", 1305, 11, 310260, 40.71, -74.01, 0.008, -6, 4, 4, 8),
    Country("SR", 5978, 10, 74602, 5.85, -55.20, 0.21, -4, 1, 9, 0.5),
    Country("CW", 59995, 11, 36269, 12.12, -68.93, 0.13, -5, 1.5, 4, 0.5),
    Country("CN", 8613, 13, 46000, 31.23, 121.47, 0.012, 7, 0.5, 3, 5),
    Country("IN", 919, 12, 40445, 19.08, 72.88, 0.015, 5, 0.7, 4, 4),
    Country("ID", 62812, 12, 51010, -6.21, 106.85, 0.05, 6, 1, 4, 1),
    Country("SY", 9639, 12, 41701, 33.51, 36.29, 0.23, 1, 0, 5, 0),
    Country("UA", 38067, 12, 25503, 50.45, 30.52, 0.15, 1, 0.2, 6, 1),
    Country("SO", 25261, 12, 63701, 2.05, 45.32, 0.58, 2, 0, 2.5, 0),
    Country("GM", 2203, 10, 60702, 13.45, -16.58, 0.55, -1, 0.2, 0.7, 0),
    Country("TN", 2162, 11, 60502, 36.81, 10.18, 0.62, 0, 0.8, 1.0, 0.2),
    Country("NG", 23480, 13, 62130, 6.52, 3.38, 0.09, 0, 0.1, 1.5, 0.3),
    Country("GH", 23324, 12, 62001, 5.60, -0.19, 0.22, -1, 0.2, 2, 0.2),
    Country("ET", 25191, 12, 63601, 9.03, 38.74, 0.21, 2, 0.1, 1.2, 0.1),
    Country("ER", 2917, 10, 65701, 15.32, 38.93, 0.28, 2, 0, 2.2, 0),
    Country("AF", 9370, 11, 41201, 34.56, 69.21, 0.24, 3, 0, 2, 0),
    Country("PH", 63917, 12, 51502, 14.60, 120.98, 0.14, 7, 0.4, 1.5, 0.5),
    Country("CU", 535, 10, 36801, 23.11, -82.37, 0.72, -6, 0.5, 0.4, 0),
    Country("SL", 23276, 11, 61901, 8.48, -13.23, 0.54, -1, 0, 0.5, 0),
)  # fmt: skip
_PAD = np.array([10 ** (c.length - len(str(c.lead))) for c in COUNTRIES], dtype=np.int64)
_LEAD = np.array([c.lead for c in COUNTRIES], dtype=np.int64)
PLMNS: Final = np.array([c.plmn for c in COUNTRIES], dtype=np.int64)
PRICES: Final = np.array([c.price for c in COUNTRIES])
HOURS: Final = np.array([c.hours for c in COUNTRIES], dtype=np.int64)


class Costly(NamedTuple):
    """A range whose minutes are dear enough to be pumped: ISO code, lead digits, length, EUR a minute."""

    iso: str
    lead: int
    length: int
    price: float


# Destinations that carriers and the press name again and again as revenue-share targets (from memory of CFCA and
# i3forum lists): the countries are real, the ranges inside them are drawn for each episode.
COSTLY: Final = (
    Costly("LV", 3712, 11, 0.45), Costly("LT", 3706, 11, 0.38), Costly("EE", 3725, 11, 0.36),
    Costly("CU", 535, 10, 0.72), Costly("SO", 25290, 12, 0.66), Costly("GM", 2207, 10, 0.58),
    Costly("SL", 23277, 11, 0.56), Costly("TN", 2169, 11, 0.68), Costly("ZW", 26377, 12, 0.42),
    Costly("MV", 9607, 10, 0.95), Costly("SN", 22177, 12, 0.45), Costly("GN", 22462, 12, 0.52),
    Costly("BA", 3876, 11, 0.34), Costly("AL", 35568, 12, 0.35), Costly("BY", 37529, 12, 0.48),
    Costly("AZ", 99470, 12, 0.42), Costly("AT", 43810, 12, 0.60), Costly("GB", 4470, 12, 0.38),
    Costly("SB", 6777, 10, 1.10), Costly("WS", 6857, 10, 0.90), Costly("PG", 6757, 11, 1.05),
    Costly("BI", 25779, 11, 0.70), Costly("TD", 23566, 11, 0.78), Costly("CD", 24399, 12, 0.60),
    Costly("KM", 2693, 10, 0.74), Costly("MG", 26132, 12, 0.68), Costly("NR", 67455, 10, 1.35),
    Costly("TL", 6707, 11, 1.20), Costly("FK", 5005, 8, 1.60), Costly("JM", 187648, 11, 0.32),
    Costly("DO", 180929, 11, 0.28), Costly("RS", 3816, 11, 0.33), Costly("DZ", 21355, 12, 0.62),
    Costly("GLOBALSTAR", 8818, 12, 2.60), Costly("INMARSAT", 87077, 12, 4.80), Costly("THURAYA", 88216, 13, 2.10),
)  # fmt: skip


def foreign_numbers(rng: np.random.Generator, country: Ints) -> Ints:
    """Return a plausible mobile number in each of these countries (indices into `COUNTRIES`)."""
    return _LEAD[country] * _PAD[country] + (rng.random(len(country)) * _PAD[country]).astype(np.int64)


def pick_country(rng: np.random.Generator, n: int, purpose: str) -> Ints:
    """Return n countries by their weight for a purpose: holiday, family or trade."""
    weights = np.array([getattr(country, purpose) for country in COUNTRIES], dtype=np.float64)
    return rng.choice(len(COUNTRIES), size=n, p=weights / weights.sum()).astype(np.int64)


def pick_range(rng: np.random.Generator, digits: int | None = None) -> tuple[int, int, float]:
    """Return a number range inside a costly destination: its prefix, the count of free digits, EUR a minute.

    The prefix has `digits` digits, or else leaves three or four free, as resellers' test-number lists show.
    """
    costly = COSTLY[int(rng.integers(len(COSTLY)))]
    free = int(rng.integers(3, 5)) if digits is None else costly.length - digits
    more = costly.length - len(str(costly.lead)) - free
    prefix = costly.lead * 10**more + int(rng.integers(0, 10**more)) if more > 0 else costly.lead
    return prefix, costly.length - len(str(prefix)), costly.price * float(rng.uniform(0.8, 1.3))


def numbers_in(rng: np.random.Generator, prefix: int, free: int, n: int, distinct: int) -> Ints:
    """Return n calls' destinations in a range: some of `distinct` numbers, the first ones oftener."""
    pool = prefix * 10**free + rng.choice(10**free, size=min(distinct, 10**free), replace=False)
    weights = 1.0 / np.arange(1, len(pool) + 1) ** 0.7
    return rng.choice(pool, size=n, p=weights / weights.sum()).astype(np.int64)


def money(duration_ms: Ints, eur_per_minute: Floats | float) -> Ints:
    """Return what answered time costs at a price a minute, by the second, in micros."""
    return np.round(duration_ms / 60_000 * eur_per_minute * MICROS).astype(np.int64)


def cell(country: Ints, latitude: Floats, longitude: Floats) -> Ints:
    """Return the code of the serving cell: country (0 home, else 1 + index) and a grid of about 1.1 km.

    The text is `NL-<latitude*1000>-<longitude*1000>` (see `columns.cell_texts`); west and south are negative.
    """
    north = np.round(latitude * 100).astype(np.int64) * 10 + 90_000
    east = np.round(longitude * 62.5).astype(np.int64) * 16 + 180_000
    return 1 + (country * 200_000 + north) * 400_000 + east
