"""Fictitious accounts: a few that visitors enter as, and many patients for the history.

Names are birds, trees and landscapes; addresses end in `exemple.invalid`, which no mail reaches;
RPPS numbers begin with 99700. Every account is flagged `is_demo`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from stdnum import luhn

from comptes.models import Patient, Profession, Professional, User, UserKind
from evaluation.demo.names import first_name, last_name, patient_first_name, patient_last_name

DOMAIN = "exemple.invalid"
# For whoever prefers the real sign-in to the door of the home page. These accounts exist in
# demonstration mode only, which production settings refuse.
PASSWORD = "bienvenue-a-la-demonstration"
TOTP_SECRET = "ORSXG5BAMRSSAZDFNVXW443UOJQXI2LP"
UNUSABLE = "!"  # Django's mark of a password that opens nothing: sign-in by mail code only


def rpps(number: int) -> str:
    """A fictitious RPPS number with a right key: 99700, five digits, the key."""
    body = f"99700{number:05d}"
    return body + luhn.calc_check_digit(body)


@dataclass(frozen=True)
class Person:
    """A fictitious account, known by the part of its address before the @.

    profession and rpps: for registered professionals only.
    """

    slug: str
    first_name: str
    last_name: str
    kind: UserKind
    profession: Profession | None = None
    rpps: str = ""

    @property
    def email(self) -> str:
        return f"{self.slug}@{DOMAIN}"


# The door of the home page takes the first account of each kind: these come first.
CAMILLE = Person("camille.mesange", "Camille", "Mésange", UserKind.PATIENT)
INES = Person(
    "ines.garrigue", "Inès", "Garrigue", UserKind.PROFESSIONAL, Profession.MEDECIN, rpps(0)
)
NADIA = Person("nadia.calanque", "Nadia", "Calanque", UserKind.ADMINISTRATOR)
GWEN = Person("gwenaelle.ajonc", "Gwenaëlle", "Ajonc", UserKind.ADMINISTRATOR)
JOSEE = Person("josee.filao", "Josée", "Filao", UserKind.ADMINISTRATOR)
CLAIRE = Person("claire.boussole", "Claire", "Boussole", UserKind.ADMINISTRATOR)
HUGO = Person("hugo.longuevue", "Hugo", "Longuevue", UserKind.EVALUATOR)
PAUL = Person("paul.romarin", "Paul", "Romarin", UserKind.PROFESSIONAL)

# Patients of the conversations that wait or go on when a visitor comes.
LIVE_PATIENTS = (
    Person("yanis.tourterelle", "Yanis", "Tourterelle", UserKind.PATIENT),
    Person("solene.bruyere", "Solène", "Bruyère", UserKind.PATIENT),
    Person("marcel.olivier", "Marcel", "Olivier", UserKind.PATIENT),
    Person("awa.hirondelle", "Awa", "Hirondelle", UserKind.PATIENT),
    Person("tomas.cypres", "Tomas", "Cyprès", UserKind.PATIENT),
    Person("lea.martinet", "Léa", "Martinet", UserKind.PATIENT),
    Person("karim.lavande", "Karim", "Lavande", UserKind.PATIENT),
)
CAST = (CAMILLE, INES, NADIA, GWEN, JOSEE, CLAIRE, HUGO, PAUL, *LIVE_PATIENTS)

PROFESSIONS = (
    Profession.MEDECIN,
    Profession.INFIRMIER,
    Profession.MEDECIN,
    Profession.PHARMACIEN,
    Profession.SAGE_FEMME,
    Profession.KINESITHERAPEUTE,
)


def colleague(number: int) -> Person:
    """The fictitious professional of a number; the same person every time."""
    return Person(
        f"soignant.{number:03d}",
        first_name(number * 7 + 3),
        last_name(number * 11 + 5),
        UserKind.PROFESSIONAL,
        PROFESSIONS[number % len(PROFESSIONS)],
        rpps(number + 1),
    )


def history_patient(number: int) -> Person:
    """The fictitious patient of a number; the same person every time."""
    return Person(
        f"patient.{number:05d}",
        patient_first_name(number),
        patient_last_name(number),
        UserKind.PATIENT,
    )


@lru_cache(maxsize=1)
def _hashed_password() -> str:
    return make_password(PASSWORD)


def add_accounts(people: Iterable[Person], *, may_sign_in: bool) -> dict[str, User]:
    """The accounts of these people by address; makes those that are missing.

    may_sign_in: with a verified address, the password of the demonstration and, except for
    patients, its second factor. The others open no door.
    """
    people = list(people)
    held = {user.email: user for user in _users(people)}
    missing = [person for person in people if person.email not in held]
    if missing:
        _add(missing, may_sign_in)
        held = {user.email: user for user in _users(people)}
    return {person.email: held[person.email] for person in people}


def _users(people: list[Person]) -> Iterable[User]:
    return User.objects.filter(
        is_demo=True, email__in=[person.email for person in people]
    ).select_related("professional", "patient")


def _add(people: list[Person], may_sign_in: bool) -> None:
    password = _hashed_password() if may_sign_in else UNUSABLE
    users = User.objects.bulk_create(
        [
            User(
                email=person.email,
                kind=person.kind,
                first_name=person.first_name,
                last_name=person.last_name,
                is_demo=True,
                password=password,
            )
            for person in people
        ]
    )
    pairs = list(zip(people, users, strict=True))
    Patient.objects.bulk_create(
        [Patient(user=user) for person, user in pairs if person.kind == UserKind.PATIENT]
    )
    Professional.objects.bulk_create(
        [
            Professional(user=user, rpps=person.rpps, profession=person.profession)
            for person, user in pairs
            if person.profession
        ]
    )
    if may_sign_in:
        EmailAddress.objects.bulk_create(
            [
                EmailAddress(user=user, email=user.email, verified=True, primary=True)
                for user in users
            ]
        )
        for user in users:
            if user.needs_second_factor_always:
                TOTP.activate(user, TOTP_SECRET)
