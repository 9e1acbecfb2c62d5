"""How the fictitious requests are spread: by hour, by day, by outcome. Pure.

These are the true rates that the evaluation must find again. They are invented, near the figures
that the amendment founding the experiment cites, and vary from one territory to the next.
"""

import random
from collections.abc import Mapping

from messagerie.states import Outcome

ORIENTED = "MEDECIN_TRAITANT_OR_SAS"  # drawn first, then split by the hour

_REGIONS: Mapping[str, Mapping[str, float]] = {
    "93": {
        Outcome.RESOLVED: 0.525,
        ORIENTED: 0.325,
        Outcome.REFERRED_CPTS: 0.05,
        Outcome.REFERRED_OTHER: 0.02,
        Outcome.EMERGENCY: 0.015,
        Outcome.ABANDONED: 0.04,
        Outcome.EXPIRED: 0.02,
        Outcome.TECHNICAL_TEST: 0.005,
    },
    "53": {
        Outcome.RESOLVED: 0.56,
        ORIENTED: 0.30,
        Outcome.REFERRED_CPTS: 0.045,
        Outcome.REFERRED_OTHER: 0.02,
        Outcome.EMERGENCY: 0.012,
        Outcome.ABANDONED: 0.035,
        Outcome.EXPIRED: 0.02,
        Outcome.TECHNICAL_TEST: 0.008,
    },
    "04": {
        Outcome.RESOLVED: 0.49,
        ORIENTED: 0.35,
        Outcome.REFERRED_CPTS: 0.05,
        Outcome.REFERRED_OTHER: 0.02,
        Outcome.EMERGENCY: 0.02,
        Outcome.ABANDONED: 0.04,
        Outcome.EXPIRED: 0.022,
        Outcome.TECHNICAL_TEST: 0.008,
    },
}
# What a department adds to the resolution of its region, and takes from its orientation.
_SHIFT = {"04": -0.03, "05": 0.01, "06": 0.025, "13": -0.01, "84": 0.01, "22": -0.02, "29": 0.02}

# Requests of each hour of the local day, and of each weekday from Monday.
HOURS = (1, 1, 0, 0, 0, 1, 3, 7, 11, 12, 11, 9, 7, 8, 8, 8, 9, 11, 12, 11, 9, 7, 4, 2)
WEEKDAYS = (1.22, 1.06, 1.0, 0.98, 1.04, 0.94, 0.76)

# Shares among GP and SAS, when surgeries are open and when they are closed.
SAS_WHEN_OPEN, SAS_WHEN_CLOSED = 0.12, 0.75

SHARE_OF_CHILDREN, SHARE_OF_HELPED = 0.24, 0.14
SHARE_DECLARED_GP, SHARE_WITHOUT_GP, SHARE_ALD = 0.82, 0.11, 0.17
SHARE_DISMISSED_SIGN = 0.04
SHARE_REOPENED, SHARE_HANDED_BACK = 0.03, 0.015
DOOR_EMERGENCIES_PER_REQUEST = 0.07
ALTERNATIVES = {
    "MEDECIN_TRAITANT": 34,
    "RIEN": 20,
    "PHARMACIE": 12,
    "URGENCES": 10,
    "APPEL_15": 6,
    "": 18,
}
SIGNS = ("RF01", "RF02", "RF03", "RF05", "RF07", "RF08", "RF11", "RF12", "RF14", "RF17", "RF25")


def expected(region: str, departement: str) -> dict[str, float]:
    """Probability of each outcome; GP and SAS together under `ORIENTED`. They sum to 1."""
    rates = dict(_REGIONS[region])
    shift = _SHIFT.get(departement, 0.0)
    rates[Outcome.RESOLVED] += shift
    rates[ORIENTED] -= shift
    return rates


def draw(rng: random.Random, weights: Mapping[str, float]) -> str:
    """One key, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]
