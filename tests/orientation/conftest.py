"""Two territories for the tests of administration, with a sentinel in each foreign name."""

from dataclasses import dataclass

import pytest
from django.test import Client

from comptes.models import User
from orientation.models import Membership, Opening, Role, Rule, RuleSet, Structure
from orientation.rules import Condition, Destination
from tests import factories as make

SENTINEL = "Sentinelle-Bretonne"
ELSEWHERE = "35"  # Ille-et-Vilaine; "here" is Bouches-du-Rhône


@dataclass
class Side:
    structure: Structure
    person: User
    membership: Membership
    opening: Opening
    rule_set: RuleSet


@dataclass
class TwoTerritories:
    here: Side
    elsewhere: Side
    admin: User
    nation: User

    def client(self, user: User | None = None) -> Client:
        browser = Client()
        browser.force_login(user or self.admin)
        return browser


def side(region: str, departement: str, commune: str, word: str) -> Side:
    structure = make.StructureFactory(
        name=f"CPTS {word}", departement_id=departement, covers=(commune,)
    )
    person = make.professional(structure, first_name=word, last_name=word)
    rule_set = RuleSet.objects.create(name=f"Règles {word}", region_id=region, version=1)
    Rule.objects.create(
        rule_set=rule_set, position=10, condition=Condition.ALWAYS, destination=Destination.SAS
    )
    return Side(
        structure=structure,
        person=person,
        membership=Membership.objects.get(user=person, role=Role.PROFESSIONAL),
        opening=make.open_region(region, decree_reference=f"Décret {word}"),
        rule_set=rule_set,
    )


@pytest.fixture
def two(territory, db) -> TwoTerritories:
    return TwoTerritories(
        here=side("93", "13", make.MARSEILLE_1, "Mistral"),
        elsewhere=side("53", ELSEWHERE, make.RENNES, SENTINEL),
        admin=make.regional_administrator("93", email="admin.paca@exemple.invalid"),
        nation=make.national_administrator(email="nation@exemple.invalid"),
    )
