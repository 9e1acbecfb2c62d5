"""Fictitious CPTS and SAS for demonstrations and load tests, derived from the real map.

Nothing here describes a real organisation: identifiers begin with ``SYN-`` and names say
« fictive ». The recipe: one unit per intercommunal body and department (per arrondissement in
Paris, Lyon and Marseille); units above `LARGEST` are cut in two along their longer axis where the
population is halved, again until none remains; units below `SMALLEST` join the nearest one of
their department. Same rows in, same territories out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import cos, hypot, radians

SMALLEST = 30_000
LARGEST = 150_000
KM_PER_DEGREE = 111.2

# « de » suits the departments that are not listed.
_OF_THE_DEPARTEMENT = {
    "de l'": "01 02 03 07 09 10 11 12 27 34 36 38 60 61 89 91",
    "d'": "28 35 37",
    "des ": "04 05 06 08 13 22 40 64 65 66 78 79 88 92",
    "du ": "14 15 18 25 29 30 32 39 45 46 56 59 62 63 67 68 69 81 83 84 90 94 95",
    "de la ": "16 17 19 21 23 24 26 2A 2B 31 33 42 43 44 48 50 51 52 53 55 57 58 70 72 73 74 76 80 "
    "85 86 87 93 971 972 973",
}
_OF = {code: words for words, codes in _OF_THE_DEPARTEMENT.items() for code in codes.split()}


@dataclass(frozen=True)
class Town:
    """A commune or arrondissement with a point (WGS84 degrees). `epci` is empty without one."""

    code_insee: str
    label: str
    departement: str
    epci: str
    population: int
    lat: float
    lon: float

    @property
    def weight(self) -> int:
        """An uninhabited commune still pulls a little, so that a centre always exists."""
        return max(self.population, 1)


@dataclass(frozen=True)
class FictitiousCpts:
    """A territory: `communes` are INSEE codes in order, `lat` and `lon` its centre of people."""

    identifier: str
    name: str
    departement: str
    communes: tuple[str, ...]
    population: int
    lat: float
    lon: float


Unit = list[Town]


def of_departement(code: str, name: str) -> str:
    """« de l'Ain », « du Rhône », « de Paris »."""
    return f"{_OF.get(code, 'de ')}{name}"


def fictitious_cpts(towns: Iterable[Town]) -> list[FictitiousCpts]:
    """Territories by identifier; each of `towns` is in exactly one."""
    units: dict[str, dict[str, Unit]] = {}
    for town in sorted(towns, key=lambda town: town.code_insee):
        key = town.epci or town.code_insee
        units.setdefault(town.departement, {}).setdefault(key, []).append(town)
    territories = []
    for parts in units.values():
        small_enough = [piece for unit in parts.values() for piece in _cut(unit)]
        territories += [_territory(unit) for unit in _merged(small_enough)]
    return sorted(territories, key=lambda territory: territory.identifier)


def _population(unit: Unit) -> int:
    return sum(town.population for town in unit)


def _centre(unit: Unit) -> tuple[float, float]:
    """Latitude and longitude of the centre of people."""
    total = sum(town.weight for town in unit)
    lat = sum(town.lat * town.weight for town in unit) / total
    lon = sum(town.lon * town.weight for town in unit) / total
    return lat, lon


def _km(left: tuple[float, float], right: tuple[float, float]) -> float:
    """Distance in kilometres; a flat map is exact enough inside a department."""
    east = (left[1] - right[1]) * cos(radians((left[0] + right[0]) / 2))
    return hypot(left[0] - right[0], east) * KM_PER_DEGREE


def _cut(unit: Unit) -> list[Unit]:
    """`unit` in pieces of at most `LARGEST` inhabitants; a single commune is never cut."""
    if _population(unit) <= LARGEST or len(unit) == 1:
        return [unit]
    lats = [town.lat for town in unit]
    lons = [town.lon for town in unit]
    width = (max(lons) - min(lons)) * cos(radians(sum(lats) / len(lats)))
    wide = width > max(lats) - min(lats)
    line = sorted(unit, key=lambda town: (town.lon if wide else town.lat, town.code_insee))
    until = list(accumulate(town.weight for town in line))
    half = until[-1] / 2
    first = min(range(1, len(line)), key=lambda cut: (abs(until[cut - 1] - half), cut))
    return _cut(line[:first]) + _cut(line[first:])


def _merged(units: list[Unit]) -> list[Unit]:
    """`units` of one department, the smallest joined to its nearest until all are large enough."""
    units = list(units)
    while len(units) > 1:
        units.sort(key=lambda unit: (_population(unit), unit[0].code_insee))
        smallest = units[0]
        if _population(smallest) >= SMALLEST:
            break
        centre = _centre(smallest)
        nearest = min(units[1:], key=lambda unit: (_km(centre, _centre(unit)), unit[0].code_insee))
        units = [unit for unit in units[1:] if unit is not nearest] + [smallest + nearest]
    return units


def _territory(unit: Unit) -> FictitiousCpts:
    """Named after its most populated commune, which no other territory has."""
    main = min(unit, key=lambda town: (-town.population, town.code_insee))
    lat, lon = _centre(unit)
    return FictitiousCpts(
        identifier=f"SYN-CPTS-{main.code_insee}",
        name=f"CPTS fictive {main.label}",
        departement=main.departement,
        communes=tuple(sorted(town.code_insee for town in unit)),
        population=_population(unit),
        lat=round(lat, 4),
        lon=round(lon, 4),
    )
