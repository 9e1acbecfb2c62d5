"""What a first start shows: people, places, duties and a few live conversations."""

import io
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core.management import CommandError, call_command
from django.utils import timezone
from stdnum import luhn

from comptes.keys.cipher import cache
from comptes.models import Professional, User, UserKind
from evaluation.demo import live, world
from evaluation.demo.people import CAMILLE, DOMAIN, INES, NADIA, PASSWORD, TOTP_SECRET
from evaluation.demo.places import PACA, REGIONS
from evaluation.demo.world import MARSEILLE_1
from messagerie.contents import open_subject
from messagerie.delivery import lines_after
from messagerie.models import Conversation, DoorPassage
from orientation.models import (
    Commune,
    Duty,
    Membership,
    Opening,
    Role,
    RuleSet,
    Structure,
    StructureKind,
)
from orientation.openings import departement_of, opening_for, service_status
from orientation.scope import scope_for

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def forget_keys():
    """Identifiers are the same in each test: keys in memory are those of the one before."""
    cache.clear()


def tell(*arguments: str) -> str:
    """Run the command; what it says."""
    output = io.StringIO()
    call_command("demo_data", *arguments, stdout=output)
    return output.getvalue()


def person(slug) -> User:
    return User.objects.get(email=slug.email)


def test_without_the_demonstration_mode_nothing_is_made(territory):
    with pytest.raises(CommandError, match="mode démonstration"):
        call_command("demo_data", "--first")
    assert not User.objects.exists()


def assert_the_home_page_finds_its_people() -> None:
    """The first account of each kind is the one that its door opens."""
    first = {
        kind: User.objects.filter(is_demo=True, is_active=True, kind=kind).order_by("pk").first()
        for kind in UserKind
    }
    assert first[UserKind.PATIENT] == person(CAMILLE)
    assert first[UserKind.PROFESSIONAL] == person(INES)
    assert first[UserKind.ADMINISTRATOR] == person(NADIA)
    assert first[UserKind.EVALUATOR] is not None


def assert_everybody_is_fictitious() -> None:
    """Flagged, unreachable, with reserved numbers."""
    assert not User.objects.filter(is_demo=False).exists()
    assert not User.objects.exclude(email__endswith=f"@{DOMAIN}").exists()
    assert not User.objects.filter(is_superuser=True).exists()
    assert all(
        number.startswith("99700") and luhn.is_valid(number)
        for number in Professional.objects.values_list("rpps", flat=True)
    )
    assert not Structure.objects.filter(is_fictitious=False).exists()
    assert all("fictif" in s.name or "fictive" in s.name for s in Structure.objects.all())


def assert_roles_fit_their_people() -> None:
    """Each role of the product has somebody, and each region somebody on duty."""
    ines, nadia = scope_for(person(INES)), scope_for(person(NADIA))
    assert ines.is_professional and ines.duty_structure_ids
    assert nadia.is_administrator and nadia.region_codes == {PACA}
    assert scope_for(person(CAMILLE)).user_id == person(CAMILLE).pk
    for region in REGIONS:
        assert Membership.objects.filter(role=Role.REGIONAL_ADMIN, region=region).exists()
        assert Duty.objects.current().filter(structure__departement__region=region).exists()
    assert Membership.objects.filter(role=Role.NATIONAL_ADMIN).exists()
    assert Membership.objects.filter(role=Role.COORDINATOR).exists()
    assert Membership.objects.filter(role=Role.EVALUATOR).exists()


def assert_the_service_is_open_every_day() -> None:
    """In the middle of each of the next days, in the three regions."""
    noon = timezone.now().replace(hour=10, minute=0)
    for code in (MARSEILLE_1, "35238", "97411"):
        departement = departement_of(Commune.objects.get(pk=code))
        for days in range(8):
            at = noon + timedelta(days=days)
            opening = opening_for(departement, at.date())
            assert opening is not None
            assert service_status(opening, departement, at).open_now
    assert Opening.objects.count() == len(REGIONS)
    assert not Opening.objects.exclude(decree_reference__contains="fictif").exists()
    assert RuleSet.objects.filter(region__in=REGIONS, state="PUBLISHED").count() == len(REGIONS)


def assert_every_place_is_served() -> None:
    """Each department has its SAS, each commune its CPTS."""
    communes = Commune.objects.filter(
        departement__region__in=REGIONS, in_force=True, arrondissements__isnull=True
    )
    covered = communes.filter(structures__kind=StructureKind.CPTS)
    assert covered.count() == communes.filter(lat__isnull=False).count()
    sas = Structure.objects.filter(kind=StructureKind.SAS)
    assert sas.values("departement").distinct().count() == sas.count() == 11


def assert_conversations_wait_go_on_and_are_closed() -> None:
    """No screen is empty."""
    waiting = Conversation.objects.waiting_for(scope_for(person(INES)))
    assert len(waiting) == 5
    assert waiting[0].declared_sign
    assert not any(conversation.declared_sign for conversation in waiting[1:])
    assert {open_subject(conversation).relation for conversation in waiting} == {
        "SELF",
        "CHILD",
        "HELPED",
    }
    assert DoorPassage.objects.filter(answer="DISMISSED", continued=True).exists()
    held = Conversation.objects.filter(state="IN_PROGRESS", professional=person(INES))
    assert [len(lines_after(row.pk, 0)) >= 4 for row in held] == [True, True]
    closed = Conversation.objects.filter(patient=person(CAMILLE), state="CLOSED")
    assert {row.outcome for row in closed} == {"RESOLVED", "REFERRED_CPTS"}
    assert not Conversation.objects.filter(opened_at__gt=timezone.now()).exists()


def numbers() -> tuple[int, ...]:
    return tuple(
        model.objects.count()
        for model in (User, Membership, Duty, Structure, Opening, RuleSet, Conversation)
    )


def test_a_first_start_shows_everything_and_a_second_changes_nothing(territory, settings):
    settings.DEMO_MODE = True
    assert "9 conversations ajoutées" in tell("--first")
    assert_the_home_page_finds_its_people()
    assert_everybody_is_fictitious()
    assert_roles_fit_their_people()
    assert_the_service_is_open_every_day()
    assert_every_place_is_served()
    assert_conversations_wait_go_on_and_are_closed()
    assert_real_sign_in_has_its_second_factor()
    before = numbers()
    Duty.objects.filter(user=person(INES)).update(ended_at=timezone.now())
    assert "0 conversations ajoutées" in tell("--first")
    assert numbers() == before
    assert not scope_for(person(INES)).duty_structure_ids  # a duty that was ended stays ended


def test_an_empty_queue_is_filled_again_another_day(territory):
    again = world.build(REGIONS, today=timezone.localdate())
    assert live.make_live(again, now=timezone.now()) == 9
    Conversation.objects.filter(state="WAITING").update(
        state="CLOSED", outcome="EXPIRED", closed_at=timezone.now()
    )
    assert live.make_live(again, now=timezone.now()) == 0
    assert live.make_live(again, now=timezone.now() + timedelta(days=1)) == 5


def test_two_regions_are_enough_for_the_trials(territory, settings):
    settings.DEMO_MODE = True
    tell("--tiny")
    assert Opening.objects.count() == 2
    assert Conversation.objects.filter(state="WAITING", departement="13").count() == 5
    assert "0 jours sur 90" in tell("--status")


def assert_real_sign_in_has_its_second_factor() -> None:
    """By the address, the password and the code of the demonstration."""
    ines = person(INES)
    assert ines.check_password(PASSWORD)
    assert EmailAddress.objects.filter(user=ines, verified=True, primary=True).exists()
    totp = TOTP(Authenticator.objects.get(user=ines, type=Authenticator.Type.TOTP))
    code = format_hotp_value(hotp_value(TOTP_SECRET, next(counters())))
    assert totp.validate_code(code)
    assert not Authenticator.objects.filter(user=person(CAMILLE)).exists()
