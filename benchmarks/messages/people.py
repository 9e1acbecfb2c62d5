"""Conversations under way, with two signed-in people each: what the product would have made.

Written in bulk, because thousands of questions one act at a time would take minutes. Each
conversation has its own patient, its own professional on duty, its own data key and a first line.
"""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from stdnum import luhn

from benchmarks.messages.orders import Place
from comptes import second_factor
from comptes.keys.cipher import content_mac, ensure_keys
from comptes.models import Patient, Profession, Professional, User, UserKind
from messagerie.contents import CareDetails, Subject, seal_body, seal_details, seal_motive
from messagerie.contents import seal_subject as seal_person
from messagerie.models import Conversation, Message, MessageKind, Side
from messagerie.states import State
from orientation.models import Commune, Duty, Membership, Role, Structure, StructureKind
from orientation.motives import Motive

COMMUNE = "13201"
AT_ONCE = 500  # conversations written together; their keys fit in the cache of keys
FIRST_LINE = "Puis-je prendre ce médicament le soir ?"


def talks(count: int) -> list[Place]:
    """`count` new conversations in progress, and the cookies of their two people."""
    structure = _structure()
    places: list[Place] = []
    while len(places) < count:
        places += _some(min(AT_ONCE, count - len(places)), len(places), structure)
    return places


def cursors(places: list[Place]) -> list[Place]:
    """The same places, with the number of the last line that stands in each conversation."""
    last = dict(
        Conversation.objects.filter(pk__in=[place.key for place in places]).values_list(
            "pk", "last_seq"
        )
    )
    return [Place(place.key, place.cookies, cursor=last[uuid.UUID(place.key)]) for place in places]


def _structure() -> Structure:
    today = timezone.localdate()
    return Structure.objects.create(
        kind=StructureKind.CPTS,
        name="CPTS de la mesure",
        identifier=f"SYN-{secrets.token_hex(4).upper()}",
        departement_id="13",
        is_fictitious=True,
        source="mesure",
        source_date=today,
    )


@transaction.atomic
def _some(count: int, first: int, structure: Structure) -> list[Place]:
    mark = secrets.token_hex(4)
    patients = _accounts(count, UserKind.PATIENT, f"patient-{mark}")
    professionals = _accounts(count, UserKind.PROFESSIONAL, f"soignant-{mark}")
    Patient.objects.bulk_create(Patient(user=user) for user in patients)
    Professional.objects.bulk_create(
        Professional(user=user, rpps=_rpps(first + index), profession=Profession.INFIRMIER)
        for index, user in enumerate(professionals)
    )
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(
            user=user, role=Role.PROFESSIONAL, structure=structure, starts_on=timezone.localdate()
        )
        for user in professionals
    )
    Duty.objects.bulk_create(
        Duty(user=user, structure=structure, started_at=now) for user in professionals
    )
    owners = [uuid.uuid4() for _ in range(count)]
    ensure_keys(owners)
    pairs = list(zip(owners, patients, professionals, strict=True))
    Conversation.objects.bulk_create(_conversation(*pair, structure, now) for pair in pairs)
    Message.objects.bulk_create(_first_line(owner, patient, now) for owner, patient, _ in pairs)
    cookies = zip(_sessions(patients), _sessions(professionals), strict=True)
    return [Place(str(owner), pair) for owner, pair in zip(owners, cookies, strict=True)]


def _accounts(count: int, kind: UserKind, slug: str) -> list[User]:
    return User.objects.bulk_create(
        User(
            email=f"{slug}-{index}@exemple.invalid",
            kind=kind,
            password="!" + secrets.token_hex(8),
            first_name="Camille",
            last_name="Exemple",
        )
        for index in range(count)
    )


def _rpps(number: int) -> str:
    body = f"99700{number % 100_000:05d}"
    return body + luhn.calc_check_digit(body)


def _conversation(
    owner: uuid.UUID, patient: User, professional: User, structure: Structure, now
) -> Conversation:
    departement = structure.departement
    return Conversation(
        id=owner,
        patient=patient,
        commune=Commune(pk=COMMUNE),
        departement=departement,
        region_id=departement.region_id,
        cpts=structure,
        time_zone=departement.time_zone,
        rule_set_version="mesure",
        state=State.IN_PROGRESS,
        professional=professional,
        structure=structure,
        motive_sealed=seal_motive(owner, Motive.TRAITEMENT),
        subject_sealed=seal_person(owner, Subject(relation="SELF", first_name="Camille", age=40)),
        situation_sealed=seal_details(owner, CareDetails()),
        opened_at=now,
        waiting_since=now,
        taken_at=now,
        last_patient_at=now,
        last_seq=1,
    )


def _first_line(owner: uuid.UUID, patient: User, now) -> Message:
    client_id = uuid.uuid4()
    return Message(
        conversation_id=owner,
        seq=1,
        sender=patient,
        side=Side.PATIENT,
        kind=MessageKind.TEXT,
        client_id=client_id,
        body_sealed=seal_body(owner, patient.pk, client_id, FIRST_LINE),
        content_mac=content_mac(owner, FIRST_LINE),
        created_at=now,
    )


def _sessions(users: list[User]) -> list[str]:
    """Open sessions, second factor passed. The Cookie header of each."""
    until = timezone.now() + timedelta(hours=6)
    rows = [
        Session(
            session_key=secrets.token_hex(16),
            session_data=SessionStore().encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    second_factor.ENROLLED: user.pk,
                }
            ),
            expire_date=until,
        )
        for user in users
    ]
    Session.objects.bulk_create(rows)
    return [f"{settings.SESSION_COOKIE_NAME}={row.session_key}" for row in rows]
