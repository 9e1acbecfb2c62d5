"""The people of a run of the product: signed in, each conversation taken by its professional.

    python -m benchmarks.fire.people <conversations> <file>

In the environment of the run. Writes JSON: {"people": [{who, session, conversations}], "trap": the
two people of one conversation more, "fat": {session, conversation}}. The fat conversation is long
enough to fill the buffers of a page that reads nothing.
"""

import json
import os
import sys
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
django.setup()

from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.utils import timezone

from comptes import second_factor
from comptes.models import Patient, Profession, Professional, User, UserKind
from config.start.prepare import migrate
from messagerie import actions, delivery
from messagerie.contents import CareDetails, Subject
from orientation.models import (
    Commune,
    CommuneCoverage,
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

HELD_BY_ONE = 5  # conversations of one professional
COMMUNE = "13201"
SINCE = date(2026, 1, 1)
FAT_LINES, FAT_LENGTH = 60, 4_900


def open_service() -> Structure:
    """One region open day and night, and the structure that answers there."""
    opening = Opening.objects.create(region_id="93", opens_on=SINCE, decree_reference="essai")
    hours = {"starts_at": "00:00", "ends_at": "23:59:59"}
    ServiceHours.objects.bulk_create(
        ServiceHours(opening=opening, weekday=day, **hours) for day in range(8)
    )
    structure = Structure.objects.create(
        kind=StructureKind.CPTS,
        name="CPTS d'essai",
        identifier="SYN-ESSAI",
        departement_id="13",
        address="1 rue de l'Essai, 13001 Marseille",
        phone="04 99 00 00 00",
        is_fictitious=True,
        source="essai",
        source_date=SINCE,
    )
    CommuneCoverage.objects.create(structure=structure, commune_id=COMMUNE)
    return structure


def account(name: str, kind: UserKind) -> User:
    user = User(email=f"{name}@exemple.invalid", kind=kind, first_name="Camille", last_name=name)
    user.set_unusable_password()
    user.save()
    return user


def patient(number: int) -> User:
    return Patient.objects.create(user=account(f"patient-{number}", UserKind.PATIENT)).user


def professional(number: int, structure: Structure) -> User:
    user = account(f"pro-{number}", UserKind.PROFESSIONAL)
    Professional.objects.create(
        user=user, rpps=f"{99_700_000_000 + number}", profession=Profession.INFIRMIER
    )
    Membership.objects.create(
        user=user, role=Role.PROFESSIONAL, structure=structure, starts_on=SINCE
    )
    Duty.objects.create(user=user, structure=structure, started_at=timezone.now())
    return user


def session_of(user: User) -> str:
    """A session as signing in with both factors leaves it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[second_factor.ENROLLED] = user.pk
    session.create()
    return str(session.session_key)


def conversation(author: User, holder: User) -> str:
    """Opened at the door by one, taken by the other."""
    request = actions.OpenRequest(
        draft_id=uuid.uuid4(),
        client_id=uuid.uuid4(),
        commune=Commune.objects.get(pk=COMMUNE),
        subject=Subject(relation="SELF", first_name="Camille", age=40),
        details=CareDetails(),
        motive=Motive.TRAITEMENT,
        alternative="",
        body="Puis-je prendre ce médicament le soir ?",
    )
    opened = actions.open_conversation(request, patient=author)
    actions.take(opened.conversation.pk, professional=holder, scope=scope_for(holder))
    return str(opened.conversation.pk)


def fatten(conversation_id: str, author: User) -> None:
    scope = scope_for(author)
    for _ in range(FAT_LINES):
        actions.post(
            uuid.UUID(conversation_id),
            author=author,
            scope=scope,
            client_id=uuid.uuid4(),
            body="é" * FAT_LENGTH,
        )


def people(count: int) -> dict[str, Any]:
    """Everybody of `count` conversations."""
    structure = open_service()
    everybody = []
    holder: User | None = None
    held: list[str] = []
    for number in range(count):
        if holder is None or len(held) == HELD_BY_ONE:
            holder, held = professional(number, structure), []
            everybody.append(
                {"who": holder.last_name, "session": session_of(holder), "conversations": held}
            )
        author = patient(number)
        held.append(conversation(author, holder))
        everybody.append(
            {"who": author.last_name, "session": session_of(author), "conversations": held[-1:]}
        )
    author, holder = patient(count), professional(count, structure)
    fat, trap = conversation(author, holder), conversation(author, holder)
    fatten(fat, author)
    return {
        "people": everybody,
        "trap": [
            {"who": user.last_name, "session": session_of(user), "conversations": [trap]}
            for user in (author, holder)
        ],
        "fat": {"session": session_of(author), "conversation": fat},
    }


def main() -> None:
    migrate()
    call_command("load_territory", verbosity=0)
    with delivery.quiet():
        made = people(int(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(made), encoding="utf-8")


if __name__ == "__main__":
    main()
