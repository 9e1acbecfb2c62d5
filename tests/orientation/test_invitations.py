"""Inviting somebody from the administration, and coming in by the mailed link."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from comptes.models import Act, Invitation, JournalEntry, Professional, User, UserKind
from orientation.models import InvitedRole, Membership, Role
from tests import factories as make
from tests.orientation.admin_pages import text, url

pytestmark = pytest.mark.django_db(transaction=True)

RPPS = make.rpps(777)
NEW_PASSWORD = "une phrase nouvelle et longue"


def form(two, **changes: object) -> dict[str, object]:
    return {
        "email": "Lea.Soin@exemple.invalid",
        "first_name": "Léa",
        "last_name": "Soin",
        "rpps": RPPS,
        "profession": "60",
        "role": Role.PROFESSIONAL,
        "structure": two.here.structure.pk,
        **changes,
    }


def invite(two, by: User | None = None, **changes: object):
    return two.client(by).post(url(InvitedRole, "add"), form(two, **changes))


def link() -> str:
    return re.search(r"http://testserver(/compte/invitation/\S+)", mail.outbox[-1].body).group(1)


def open_link(client: Client):
    return client.get(link(), follow=True)


def test_a_professional_is_invited_and_comes_in(two, client):
    assert invite(two).status_code == 302
    assert mail.outbox[-1].to == ["lea.soin@exemple.invalid"]
    assert not User.objects.filter(email="lea.soin@exemple.invalid").exists()
    assert JournalEntry.objects.filter(act=Act.INVITED, actor_id=two.admin.pk).exists()
    page = open_link(client)
    assert page.redirect_chain == [("/compte/invitation/", 302)], "the secret leaves the address"
    assert "CPTS Mistral" in text(page)
    assert "trop courant" in text(client.post("/compte/invitation/", {"password": "password1234"}))
    response = client.post("/compte/invitation/", {"password": NEW_PASSWORD})
    user = User.objects.get(email="lea.soin@exemple.invalid")
    assert (user.kind, user.get_full_name()) == (UserKind.PROFESSIONAL, "Léa Soin")
    assert Professional.objects.get(user=user).rpps == RPPS
    held = Membership.objects.get(user=user)
    assert (held.role, held.structure) == (Role.PROFESSIONAL, two.here.structure)
    assert response.headers["Location"] == "/", "the home leads to the console"
    assert client.get("/console/").headers["Location"] == "/compte/2fa/", "then the second factor"
    assert JournalEntry.objects.filter(act=Act.INVITATION_ACCEPTED, actor_id=user.pk).exists()


def test_a_link_serves_once_and_in_time(two):
    invite(two)
    first, second = Client(), Client()
    open_link(first)
    open_link(second)
    first.post("/compte/invitation/", {"password": NEW_PASSWORD})
    late = second.post("/compte/invitation/", {"password": NEW_PASSWORD})
    assert late.status_code == 410
    invite(two, email="autre@exemple.invalid", rpps=make.rpps(778))
    Invitation.objects.filter(email="autre@exemple.invalid").update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    assert open_link(Client()).status_code == 410
    assert Client().get("/compte/invitation/").status_code == 410


def test_the_secret_is_not_kept(two):
    invite(two)
    secret = link().rstrip("/").rsplit("/", 1)[-1]
    held = bytes(Invitation.objects.get().token_digest)
    assert len(secret) >= 43
    assert secret.encode() not in held


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rpps": "99700007771"}, "clé"),
        ({"rpps": "123"}, "onze chiffres"),
        ({"rpps": "", "profession": ""}, "numéro RPPS et une profession"),
        ({"role": Role.REGIONAL_ADMIN, "structure": "", "region": "93"}, ""),
        ({"role": Role.NATIONAL_ADMIN, "structure": ""}, ""),
        (
            {"role": Role.EVALUATOR, "structure": "", "rpps": "", "profession": ""},
            "Choisissez une région",
        ),
        ({"role": Role.EVALUATOR, "structure": "", "region": "93"}, "ni numéro RPPS"),
    ],
)
def test_what_a_regional_administrator_may_not_invite(two, changes, said):
    response = invite(two, **changes)
    assert response.status_code == 200
    assert said in text(response)
    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_a_wrong_rpps_is_said_once(two):
    said = text(invite(two, rpps="99700007771"))
    assert "clé" in said
    assert "donnez les deux" not in said


def test_nobody_is_invited_to_a_foreign_structure(two):
    assert invite(two, structure=two.elsewhere.structure.pk).status_code == 200
    assert not Invitation.objects.exists()


def test_invitations_of_elsewhere_are_not_read(two):
    invite(two, by=two.nation, structure=two.elsewhere.structure.pk)
    row = InvitedRole.objects.get()
    assert "Soin" not in text(two.client().get(url(InvitedRole, "changelist")))
    assert "Soin" not in text(two.client().get(url(InvitedRole, "change", row.pk), follow=True))


def test_the_nation_invites_a_regional_administrator(two, client):
    asked = {"role": Role.REGIONAL_ADMIN, "structure": "", "region": "53", "rpps": ""}
    assert invite(two, by=two.nation, profession="", **asked).status_code == 302
    open_link(client)
    client.post("/compte/invitation/", {"password": NEW_PASSWORD})
    assert User.objects.get(email="lea.soin@exemple.invalid").kind == UserKind.ADMINISTRATOR
    assert Membership.objects.filter(role=Role.REGIONAL_ADMIN, region="53").exists()


def test_a_patient_s_address_is_told_to_its_owner_only(two, client):
    """The administrator learns nothing: same answer, same mail."""
    patient = make.patient(email="lea.soin@exemple.invalid")
    assert invite(two).status_code == 302
    assert "autre sorte" in text(open_link(client))
    client.post("/compte/invitation/", {"password": NEW_PASSWORD})
    patient.refresh_from_db()
    assert patient.kind == UserKind.PATIENT
    assert not Membership.objects.filter(user=patient).exists()


def test_an_account_of_the_same_kind_takes_the_role_once_signed_in(two, client):
    person = make.professional(two.elsewhere.structure, email="lea.soin@exemple.invalid")
    invite(two)
    assert "Connectez-vous" in text(open_link(client))
    client.post("/compte/invitation/", {"password": NEW_PASSWORD})
    assert not Membership.objects.filter(user=person, structure=two.here.structure).exists()
    signed = two.client(person)
    open_link(signed)
    assert signed.post("/compte/invitation/").status_code == 302
    assert Membership.objects.filter(user=person, structure=two.here.structure).count() == 1
    person.refresh_from_db()
    assert person.check_password(make.PASSWORD)


def test_the_rpps_of_another_account_is_refused(two, client):
    make.ProfessionalFactory(rpps=RPPS)
    invite(two)
    open_link(client)
    page = client.post("/compte/invitation/", {"password": NEW_PASSWORD})
    assert "a déjà un compte" in text(page)
    assert not User.objects.filter(email="lea.soin@exemple.invalid").exists()


def test_somebody_else_signed_in_does_not_accept_by_mistake(two):
    invite(two)
    other = two.client(make.patient())
    assert "un autre compte" in text(open_link(other))
    other.post("/compte/invitation/", {"password": NEW_PASSWORD})
    assert not User.objects.filter(email="lea.soin@exemple.invalid").exists()
