"""People, places and conversations for the tests, made as the product makes them.

Places point at the real territory: a test that uses them asks for the fixture `territory`.
Conversations go through the actions, so that no test starts from a state that cannot exist.
"""

import uuid
from datetime import date, datetime, time

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from factory.django import DjangoModelFactory, Password
from stdnum import luhn

from comptes.models import Patient, Profession, Professional, User, UserKind
from messagerie import actions
from messagerie.contents import CareDetails, Subject
from messagerie.models import Conversation
from orientation.models import (
    Commune,
    CommuneCoverage,
    Departement,
    Duty,
    Membership,
    Opening,
    Role,
    ServiceHours,
    Structure,
    StructureKind,
)
from orientation.motives import Motive
from orientation.scope import scope_for

PASSWORD = "un mot de passe assez long"
MARSEILLE_1 = "13201"  # Marseille 1er arrondissement, 13001
RENNES = "35238"
SINCE = date(2026, 1, 1)


def rpps(number: int) -> str:
    """A fictitious RPPS number with a right key: 99700, five digits, the key."""
    body = f"99700{number % 100_000:05d}"
    return body + luhn.calc_check_digit(body)


# --- People


class UserFactory(DjangoModelFactory):
    """An account whose e-mail address is verified; a patient unless a trait says otherwise."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"personne{n}@exemple.invalid")
    password = Password(PASSWORD)
    kind = UserKind.PATIENT
    first_name = "Camille"
    last_name = "Exemple"

    class Params:
        professional_account = factory.Trait(kind=UserKind.PROFESSIONAL, first_name="Lucie")
        administrator = factory.Trait(kind=UserKind.ADMINISTRATOR, first_name="Nadia")
        evaluator = factory.Trait(kind=UserKind.EVALUATOR, first_name="Hugo")

    @factory.post_generation
    def verified(self, create: bool, extracted: bool | None, **kwargs: object) -> None:
        if create and extracted is not False:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


class PatientFactory(DjangoModelFactory):
    class Meta:
        model = Patient

    user = factory.SubFactory(UserFactory)


class ProfessionalFactory(DjangoModelFactory):
    class Meta:
        model = Professional

    user = factory.SubFactory(UserFactory, professional_account=True)
    rpps = factory.Sequence(rpps)
    profession = Profession.INFIRMIER


def patient(**fields: object) -> User:
    """A patient's account, ready to write."""
    return PatientFactory(user=UserFactory(**fields)).user


def professional(
    structure: Structure | None = None,
    *,
    on_duty: bool = True,
    profession: str = Profession.INFIRMIER,
    **fields: object,
) -> User:
    """A professional of a structure, on duty unless said otherwise."""
    user = ProfessionalFactory(
        user=UserFactory(professional_account=True, **fields), profession=profession
    ).user
    if structure is not None:
        Membership.objects.create(
            user=user, role=Role.PROFESSIONAL, structure=structure, starts_on=SINCE
        )
        if on_duty:
            Duty.objects.create(user=user, structure=structure, started_at=timezone.now())
    return user


def coordinator(structure: Structure, **fields: object) -> User:
    user = UserFactory(professional_account=True, **fields)
    Membership.objects.create(
        user=user, role=Role.COORDINATOR, structure=structure, starts_on=SINCE
    )
    return user


def regional_administrator(
    region: str | None = None, departement: str | None = None, **fields: object
) -> User:
    """An administrator of a region or of one department (codes)."""
    user = UserFactory(administrator=True, **fields)
    Membership.objects.create(
        user=user,
        role=Role.REGIONAL_ADMIN,
        region_id=region,
        departement_id=departement,
        starts_on=SINCE,
    )
    return user


def national_administrator(**fields: object) -> User:
    user = UserFactory(administrator=True, **fields)
    Membership.objects.create(user=user, role=Role.NATIONAL_ADMIN, starts_on=SINCE)
    return user


def evaluator(region: str | None = None, departement: str | None = None, **fields: object) -> User:
    """An evaluator of a region or a department; of the nation without either."""
    user = UserFactory(evaluator=True, **fields)
    Membership.objects.create(
        user=user,
        role=Role.EVALUATOR,
        region_id=region,
        departement_id=departement,
        starts_on=SINCE,
    )
    return user


# --- Places


class OpeningFactory(DjangoModelFactory):
    """Provence-Alpes-Côte d'Azur, open day and night; `hours=()` for no service at all."""

    class Meta:
        model = Opening
        skip_postgeneration_save = True

    region_id = "93"
    opens_on = SINCE
    decree_reference = "Décret d'essai"

    @factory.post_generation
    def hours(self, create: bool, extracted: list[tuple[int, time, time]] | None, **kwargs) -> None:
        """Rows of (weekday, from, to); every day, nearly the whole day, by default."""
        if not create:
            return
        if extracted is None:
            extracted = [(day, time(0), time(23, 59, 59)) for day in range(8)]
        ServiceHours.objects.bulk_create(
            ServiceHours(opening=self, weekday=day, starts_at=start, ends_at=end)
            for day, start, end in extracted
        )


class StructureFactory(DjangoModelFactory):
    """A fictitious CPTS of Marseille that covers its first arrondissement."""

    class Meta:
        model = Structure
        skip_postgeneration_save = True

    kind = StructureKind.CPTS
    name = factory.Sequence(lambda n: f"CPTS d'essai {n}")
    identifier = factory.Sequence(lambda n: f"SYN-ESSAI-{n}")
    departement_id = "13"
    address = "1 rue de l'Essai, 13001 Marseille"
    phone = "04 99 00 00 00"
    opening_note = "du lundi au vendredi, de 9 h à 19 h"
    is_fictitious = True
    source = "essai"
    source_date = SINCE

    class Params:
        sas = factory.Trait(kind=StructureKind.SAS, name="SAS d'essai", covers=())
        in_rennes = factory.Trait(departement_id="35", covers=(RENNES,))

    @factory.post_generation
    def covers(self, create: bool, extracted: tuple[str, ...] | None, **kwargs: object) -> None:
        """INSEE codes of the communes covered."""
        if not create:
            return
        codes = (MARSEILLE_1,) if extracted is None else extracted
        CommuneCoverage.objects.bulk_create(
            CommuneCoverage(structure=self, commune_id=code) for code in codes
        )


def open_region(region: str = "93", **fields: object) -> Opening:
    """A region where the service is open now."""
    return OpeningFactory(region_id=region, **fields)


def open_departement(departement: str, **fields: object) -> Opening:
    return OpeningFactory(region_id=None, departement_id=departement, **fields)


# --- Conversations


def open_request(
    *,
    commune: str = MARSEILLE_1,
    body: str = "Puis-je prendre ce médicament le soir ?",
    motive: str = Motive.TRAITEMENT,
    subject: Subject | None = None,
    details: CareDetails | None = None,
    alternative: str = "",
) -> actions.OpenRequest:
    """What the door hands to `actions.open_conversation`."""
    return actions.OpenRequest(
        draft_id=uuid.uuid4(),
        client_id=uuid.uuid4(),
        commune=Commune.objects.get(pk=commune),
        subject=subject or Subject(relation="SELF", first_name="Camille", age=40),
        details=details or CareDetails(),
        motive=motive,
        alternative=alternative,
        body=body,
    )


def conversation(
    author: User | None = None, *, now: datetime | None = None, **request: object
) -> Conversation:
    """A waiting conversation, opened by its patient. The territory must be open."""
    author = author or patient()
    opened = actions.open_conversation(open_request(**request), patient=author, now=now)
    return opened.conversation


def taken_conversation(by: User, author: User | None = None, **request: object) -> Conversation:
    """A conversation that a professional on duty holds."""
    waiting = conversation(author, **request)
    return actions.take(waiting.pk, professional=by, scope=scope_for(by))


def departement(code: str = "13") -> Departement:
    return Departement.objects.get(pk=code)
