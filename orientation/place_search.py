"""Searches for communes in the database, by postal code and by name. Nothing is worded here."""

from dataclasses import dataclass, field

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length

from orientation.models.territory import AncienneCommune, CollectiviteOutreMer, Commune, Departement
from orientation.place_names import intact_halves, one_slip_apart, plain, search_key

# A reading that holds at least one tenth of the people of the first one deserves a question.
WEIGHT = 10
SHORTEST_BEGINNING = 3
SHORTEST_SLIP = 4
# Other names of collectivities and of islands that are not communes.
OVERSEAS_NAMES = {
    "saint pierre et miquelon": "975",
    "saint pierre miquelon": "975",
    "saint barth": "977",
    "nouvelle caledonie": "988",
    "caledonie": "988",
    "polynesie francaise": "987",
    "polynesie": "987",
    "tahiti": "987",
    "moorea": "987",
    "marquises": "987",
    "wallis et futuna": "986",
    "wallis": "986",
    "futuna": "986",
    "terres australes et antarctiques francaises": "984",
    "taaf": "984",
    "kerguelen": "984",
    "clipperton": "989",
}


@dataclass
class Readings:
    """Communes that a name may mean, from the surest to the least sure.

    `same` is written as typed, `close` differs by its article, `former` joins a former name and
    the present commune, `longer` begins with what was typed. Each list is by population,
    largest first. `longer_total` counts all of the last, even those not fetched.
    """

    same: list[Commune] = field(default_factory=list)
    close: list[Commune] = field(default_factory=list)
    former: list[tuple[str, Commune]] = field(default_factory=list)
    longer: list[Commune] = field(default_factory=list)
    longer_total: int = 0

    def __bool__(self) -> bool:
        return bool(self.same or self.close or self.former or self.longer)

    def sure(self) -> Commune | None:
        """The one commune that is meant, or None when the person has to say."""
        former = [commune for _, commune in self.former]
        tiers = [self.same, self.close, former]
        while tiers and not tiers[0]:
            tiers.pop(0)
        if not tiers or len(tiers[0]) > 1:
            return None
        first = tiers[0][0]
        others = [commune for tier in tiers[1:] for commune in tier if commune != first]
        if any(other.population * WEIGHT >= first.population for other in others):
            return None
        if any(other.population > first.population for other in self.longer):
            return None
        return first


def communes() -> QuerySet[Commune]:
    """Whole communes of today, largest first."""
    return (
        Commune.objects.filter(in_force=True, kind=Commune.Kind.COM)
        .select_related("departement")
        .order_by("-population", "code_insee")
    )


def arrondissements(city_key: str) -> list[Commune]:
    """The arrondissements of Paris, Lyon or Marseille, in order of number."""
    return list(
        Commune.objects.filter(in_force=True, kind=Commune.Kind.ARM, parent__search_name=city_key)
        .select_related("departement")
        .order_by("code_insee")
    )


def at_postal_code(code: str) -> list[Commune]:
    """Communes with this postal code, largest first; arrondissements stand for their city."""
    districts = Commune.objects.filter(parent=OuterRef("pk"), codes_postaux__code_postal=code)
    return list(
        Commune.objects.filter(in_force=True, codes_postaux__code_postal=code)
        .exclude(Exists(districts))
        .select_related("departement")
        .order_by("-population", "code_insee")
    )


def overseas_at_postal_code(code: str) -> list[CollectiviteOutreMer]:
    return list(CollectiviteOutreMer.objects.filter(codes_postaux__code_postal=code))


def overseas_named(key: str) -> str | None:
    """Name of the overseas collectivity that `key` means, with the commune when it is one."""
    collectivite = CollectiviteOutreMer.Collectivite
    if key in OVERSEAS_NAMES or key in collectivite.values:
        return str(collectivite(OVERSEAS_NAMES.get(key, key)).label)
    row = CollectiviteOutreMer.objects.filter(search_name=key).first()
    if row is None:
        return None
    whole = row.get_code_collectivite_display()
    return row.name if row.name == whole else f"{row.name} ({whole})"


def departements_named(keys: list[str]) -> dict[str, list[Departement]]:
    """Departments that each key means: their code, their name, or the name of their region."""
    wanted = {"2a": "2A", "2b": "2B"}
    found: dict[str, list[Departement]] = {}
    rows = Departement.objects.select_related("region").filter(
        Q(search_name__in=keys)
        | Q(code__in=[wanted.get(key, key.zfill(2)) for key in keys])
        | Q(region__search_name__in=keys)
        | (Q(code__in=["2A", "2B"]) if "20" in keys else Q(pk__in=[]))
    )
    for row in rows:
        names = {row.search_name, row.region.search_name, row.code.lower(), row.code.lstrip("0")}
        if row.code in ("2A", "2B"):
            names.add("20")
        for name in names.intersection(keys):
            found.setdefault(name, []).append(row)
    return found


def is_another_area(key: str, commune: Commune) -> bool:
    """True when `key` also names a department or a region, and the commune is not in it."""
    areas = departements_named([key]).get(key, [])
    return bool(areas) and commune.departement not in areas


def read_name(key: str, typed: str, limit: int, where: Q | None = None) -> Readings:
    """What the search key `key` may mean. `typed` is the plain text, `where` narrows communes."""
    readings = Readings()
    found = communes().filter(Q(search_name=key) | Q(search_name__startswith=f"{key} "))
    if where is not None:
        found = found.filter(where)
    exact_first = Case(When(search_name=key, then=Value(0)), default=Value(1))
    rows = list(found.order_by(exact_first, "-population", "code_insee")[: limit + 1])
    for row in rows:
        if row.search_name != key:
            readings.longer.append(row)
        elif plain(row.name) == typed or typed == key == plain(row.name):
            readings.same.append(row)
        else:
            readings.close.append(row)
    exact = len(readings.same) + len(readings.close)
    readings.longer_total = (found.count() if len(rows) > limit else len(rows)) - exact
    readings.former = _former(Q(search_name=key), where, {row.pk for row in rows[:exact]})
    return readings


def _former(
    names: Q, where: Q | None, without: set[str], limit: int = 20
) -> list[tuple[str, Commune]]:
    """Former names and their present communes, each commune once, largest first."""
    rows = (
        AncienneCommune.objects.filter(names, commune__in_force=True)
        .exclude(commune__in=without)
        .select_related("commune__departement")
        .order_by("-commune__population", "commune_id", "name")
    )
    if where is not None:
        rows = rows.filter(commune__in=Commune.objects.filter(where))
    seen: dict[str, tuple[str, Commune]] = {}
    for row in rows[:limit]:
        seen.setdefault(row.commune_id, (row.name, row.commune))
    return list(seen.values())


def near(key: str, limit: int) -> Readings:
    """Names, present and former, that begin like `key` or that one typing slip separates from it.

    They are only ever offered: nothing here is sure.
    """
    readings = Readings()
    names = Q(search_name__in=_slips(key)) if len(key) >= SHORTEST_SLIP else Q(pk__in=[])
    if len(key) >= SHORTEST_BEGINNING:
        names |= Q(search_name__startswith=key)
    found = communes().filter(names)
    readings.longer = list(found[: limit + 1])
    more = len(readings.longer) > limit
    readings.longer_total = found.count() if more else len(readings.longer)
    readings.former = _former(names, None, {row.pk for row in readings.longer}, limit)
    return readings


def _slips(key: str) -> list[str]:
    """Search names that one typing slip separates from `key`."""
    start, end = intact_halves(key)
    near_key = Q(search_name__startswith=start) | Q(search_name__endswith=end)
    sizes = Q(size__range=(len(key) - 1, len(key) + 1))
    present, former = (
        model.objects.annotate(size=Length("search_name"))
        .filter(near_key, sizes)
        .values_list("search_name", flat=True)
        for model in (Commune, AncienneCommune)
    )
    return sorted(name for name in {*present, *former} if one_slip_apart(key, name))


def first_words(words: str) -> Readings:
    """The communes named by the longest beginning of `words`: « cergy pontoise » → Cergy."""
    parts = words.split()
    beginnings = [search_key(" ".join(parts[:count])) for count in range(len(parts) - 1, 0, -1)]
    rows = list(communes().filter(search_name__in=beginnings))
    for beginning in beginnings:
        named = [row for row in rows if row.search_name == beginning]
        if named:
            return Readings(longer=named, longer_total=len(named))
    return Readings()
