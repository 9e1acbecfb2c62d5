"""Two territories with the same people and things in each, and a sentinel in every secret."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from comptes.models import Invitation, Profession, User
from messagerie import actions
from messagerie.contents import CareDetails, Subject
from messagerie.models import Attachment, Conversation, ErasureReason
from orientation.invitations import invite
from orientation.models import InvitedRole, Membership, Role, Rule, RuleSet, StructureKind
from orientation.rules import Condition, Destination
from orientation.scope import scope_for
from tests import factories as make
from tests.messagerie.attachments import samples

ANONYMOUS = "anonymous"


@dataclass
class World:
    """People by role, things by variant, sentinels with the roles that may read each."""

    people: dict[str, User | None] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    sentinels: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def roles(self) -> list[str]:
        return list(self.people)

    def client(self, role: str) -> Client:
        """A browser signed in as a role, with its second factor passed."""
        client = Client(raise_request_exception=False)
        user = self.people[role]
        if user is not None:
            sign_in(client, user)
        return client


def sign_in(client: Client, user: User) -> None:
    """Sign in as the login pages leave it: password, then second factor."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    now = timezone.now().timestamp()
    session["account_authentication_methods"] = [
        {"method": "password", "at": now, "email": user.email},
        {"method": "mfa", "at": now, "type": "totp"},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def with_second_factor(user: User) -> User:
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": "sentinelle-du-second-facteur"}
    )
    return user


def build() -> World:
    """Provence-Alpes-Côte d'Azur is "own", Bretagne is "other"."""
    world = World(people={ANONYMOUS: None})
    own = _territory(world, "own", region="93", departement="13", commune=make.MARSEILLE_1)
    other = _territory(world, "other", region="53", departement="35", commune=make.RENNES)
    people = world.people
    people["national_admin"] = with_second_factor(make.national_administrator())
    former = with_second_factor(make.professional(own["structure"], on_duty=False))
    Membership.objects.filter(user=former).update(ends_on=date(2026, 2, 1))
    people["former_professional"] = former
    people["off_duty"] = with_second_factor(make.professional(own["structure"], on_duty=False))
    people["colleague"] = with_second_factor(make.professional(own["structure"]))
    disabled = with_second_factor(make.professional(own["structure"]))
    people["disabled"] = disabled
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    del other
    return world


def _territory(
    world: World, side: str, *, region: str, departement: str, commune: str
) -> dict[str, Any]:
    mine = {
        name: f"{name}_{side}"
        for name in ("patient", "professional", "coordinator", "admin", "evaluator")
    }
    word = f"sentinelle-{side}"
    opening = make.open_region(region, decree_reference=f"{word}-decret")
    structure = make.StructureFactory(
        name=f"CPTS {word}-structure",
        departement_id=departement,
        covers=(commune,),
        identifier=f"SYN-{side.upper()}",
    )
    patient = make.patient(
        first_name=f"{word}-patient", last_name="Nom", email=f"patient.{side}@exemple.invalid"
    )
    professional = with_second_factor(
        make.professional(structure, first_name=f"{word}-soignant", last_name=f"{word}-nom")
    )
    people = {
        mine["patient"]: patient,
        mine["professional"]: professional,
        mine["coordinator"]: with_second_factor(make.coordinator(structure)),
        mine["admin"]: with_second_factor(make.regional_administrator(region)),
        mine["evaluator"]: with_second_factor(make.evaluator(region)),
    }
    world.people.update(people)
    rule_set = RuleSet.objects.create(name=f"{word}-regles", region_id=region, version=1)
    Rule.objects.create(
        rule_set=rule_set,
        position=1,
        condition=Condition.ALWAYS,
        destination=Destination.SAS,
    )
    sas = make.StructureFactory(
        sas=True,
        name=f"SAS {word}-sas",
        departement_id=departement,
        identifier=f"SYN-SAS-{side.upper()}",
    )
    cabinet = make.StructureFactory(
        kind=StructureKind.CABINET,
        name=f"Cabinet {word}-cabinet",
        departement_id=departement,
        covers=(),
        identifier=f"SYN-CAB-{side.upper()}",
    )
    invited_role = invite(
        Invitation(
            email=f"invite.{side}@exemple.invalid",
            first_name="Ada",
            last_name=f"{word}-invitee",
            rpps=make.rpps(90000 + len(world.things)),
            profession=Profession.INFIRMIER,
        ),
        InvitedRole(role=Role.PROFESSIONAL, structure=structure),
        by=people[mine["admin"]],
        link=str,
    )
    waiting = _conversation(patient, commune, f"{word}-attente")
    held = _conversation(patient, commune, f"{word}-tenue")
    files = {
        kind: _file(patient, conversation, f"{word}-{said}")
        for kind, conversation, said in (
            ("waiting", waiting, "attente"),
            ("held", held, "tenue"),
        )
    }
    actions.take(held.pk, professional=professional, scope=scope_for(professional))
    withdrawn = _conversation(patient, commune, f"{word}-retiree")
    actions.withdraw(withdrawn.pk, patient=patient, scope=scope_for(patient))
    administrator = people[mine["admin"]]
    erasure = actions.ask_erasure(
        withdrawn.pk,
        administrator=administrator,
        scope=scope_for(administrator),
        reason=ErasureReason.MISTAKE,
    )
    world.things[side] = {
        "waiting": waiting,
        "erasure": erasure,
        "held": held,
        "file_waiting": files["waiting"],
        "file_held": files["held"],
        "structure": structure,
        "sas": sas,
        "invited_role": invited_role,
        "cabinet": cabinet,
        "opening": opening,
        "rule_set": rule_set,
        "membership": Membership.objects.get(user=professional),
        "professional": professional.professional,
        "user": professional,
        "patient": patient,
        "departement": departement,
        "commune": commune,
    }
    team = {mine["patient"], mine["professional"]}
    on_duty = team | ({"colleague"} if side == "own" else set())
    readers = {
        f"{word}-attente": on_duty,
        f"{word}-tenue": team,
        f"{word}-retiree": {mine["patient"]},
        # The first name of the account is said to who answers: "écrit par …".
        f"{word}-patient": on_duty,
        f"patient.{side}@exemple.invalid": {mine["patient"]},
        f"{word}-decret": {mine["admin"], "national_admin"},
        f"{word}-regles": {mine["admin"], "national_admin"},
        # Family names of professionals are for those who administer or coordinate them, and for
        # themselves.
        f"{word}-invitee": {mine["admin"], "national_admin"},
        f"{word}-nom": {
            mine["professional"],
            mine["coordinator"],
            mine["admin"],
            "national_admin",
        },
    }
    world.sentinels.update({text: frozenset(roles) for text, roles in readers.items()})
    return world.things[side]


def _file(patient: User, conversation: Conversation, word: str) -> Attachment:
    """A photo joined by the patient; its name holds the sentinel of its conversation."""
    return actions.attach(
        conversation.pk,
        author=patient,
        scope=scope_for(patient),
        client_id=uuid4(),
        name=f"{word}-fichier.png",
        content=samples.png(40, 30),
    ).attachment


def _conversation(patient: User, commune: str, word: str) -> Conversation:
    return make.conversation(
        patient,
        commune=commune,
        body=f"Question {word}-texte",
        subject=Subject(relation="CHILD", first_name=f"{word}-prenom", age=4),
        details=CareDetails(
            medecin_traitant_name=f"{word}-medecin",
            callback_phone=f"{word}-telephone",
            present_place=f"{word}-lieu",
        ),
    )
