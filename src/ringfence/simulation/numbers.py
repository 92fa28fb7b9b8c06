"""Numbers, SIMs and handsets: who is reached where.

Home numbers follow the Dutch numbering plan (ACM): mobile 31 6 1x-5x, fixed 31 + two-digit area code + seven digits,
premium 0900/0906/0909, toll-free 0800. IMSI: ITU-T E.212, MCC-MNC 204-08. IMEI: 3GPP TS 23.003, eight digits of type
allocation, six of serial number and the Luhn digit. Which index has which number is a fixed scramble, so that
neighbouring numbers are strangers and a fraudster's numbers look like anybody's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringfence.simulation.traffic import Bools, Ints

HOME_PLMN: Final = 20408
MOBILES: Final = 48_000_000  # 06-10 000000 to 06-57 999999
OTHER_OPERATORS: Final = 10_000_000  # first index of other Dutch operators' mobile numbers
FRAUD_SIMS: Final = 40_000_000  # first index of the SIMs that frauds get hold of
VOICEMAIL: Final = 31612001233

# Phone models by type allocation code, invented, most common first; then what machines carry.
PHONE_TACS: Final = 35_000_000 + np.cumsum(np.full(60, 23_417)) % 990_000 + np.arange(60) % 7
MACHINE_TACS: Final = 86_400_000 + np.arange(6) * 1_013
GATEWAY_TACS: Final = 35_900_000 + np.arange(5) * 2_027


def mobile(index: Ints) -> Ints:
    """Return the Dutch mobile number of an index below `MOBILES`."""
    return 31_610_000_000 + (index * 29_665_631 + 4_711_003) % MOBILES


def imsi(index: Ints) -> Ints:
    """Return the home IMSI (15 digits) of an index."""
    return HOME_PLMN * 10**10 + (index * 6_180_339_887 + 271_828_183) % 10**10


def luhn(digits14: Ints) -> Ints:
    """Return 14-digit numbers with their Luhn digit appended (ISO/IEC 7812-1 annex B)."""
    total = np.zeros_like(digits14)
    rest = digits14.copy()
    for place in range(14):
        digit = rest % 10
        if place % 2 == 0:
            digit = digit * 2
            digit = np.where(digit > 9, digit - 9, digit)
        total += digit
        rest //= 10
    return digits14 * 10 + (10 - total % 10) % 10


def imei(rng: np.random.Generator, n: int, tacs: NDArray[np.int64]) -> Ints:
    """Return n valid IMEIs whose models are popular by Zipf's law with exponent 1."""
    weights = 1.0 / np.arange(1, len(tacs) + 1)
    tac = rng.choice(tacs, size=n, p=weights / weights.sum())
    return luhn(tac.astype(np.int64) * 10**6 + rng.integers(0, 10**6, n))


def fixed(rng: np.random.Generator, area: Ints) -> Ints:
    """Return a fixed number in each area code: seven digits, the first from 2 to 8."""
    return 31 * 10**9 + area * 10**7 + rng.integers(2_000_000, 9_000_000, len(area))


def other_domestic(rng: np.random.Generator, n: int, areas: Ints, mobile_share: float = 0.85) -> Ints:
    """Return numbers of other Dutch operators: mostly mobile, else fixed in one of the area codes."""
    is_mobile: Bools = rng.random(n) < mobile_share
    index = OTHER_OPERATORS + rng.integers(0, FRAUD_SIMS - OTHER_OPERATORS, n)
    return np.where(is_mobile, mobile(index), fixed(rng, rng.choice(areas, n)))
