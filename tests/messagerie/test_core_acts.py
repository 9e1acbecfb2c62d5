"""Acts that meet: what was said twice, what ends while it goes on."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections, transaction
from django.utils import timezone

from comptes.keys.cipher import destroy_key, ensure_key
from comptes.models import User
from messagerie import actions, drafts
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, DoorDraft, Message
from messagerie.states import Outcome, State
from orientation.models import Structure
from orientation.scope import scope_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]
together = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cpts() -> Structure:
    factories.open_region()
    return factories.StructureFactory()


@pytest.fixture
def lucie(cpts) -> User:
    return factories.professional(cpts, first_name="Lucie")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run acts in real threads that start together; each gives its result or its exception."""
    results: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait(30)
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return results


# --- Envoyer


@together
@pytest.mark.parametrize("round_", range(3))
def test_two_patients_with_one_draft_make_one_conversation_and_one_refusal(cpts, round_):
    request = factories.open_request()
    people = [factories.patient(), factories.patient()]
    results = at_once(*(lambda p=p: actions.open_conversation(request, patient=p) for p in people))
    refused = [r for r in results if isinstance(r, Refused)]
    assert [r.code for r in refused] == [RefusalCode.NOT_FOUND]
    conversation = Conversation.objects.get(pk=request.draft_id)
    assert conversation.patient_id == people[results.index(refused[0]) - 1].pk
    assert conversation.messages.count() == 1


@together
def test_envoyer_ten_times_at_the_same_instant_asks_once(cpts):
    request, author = factories.open_request(), factories.patient()
    results = at_once(
        *[lambda: actions.open_conversation(request, patient=author) for _ in range(10)]
    )
    assert sorted(r.created for r in results) == [False] * 9 + [True]
    assert Message.objects.count() == 1


def test_another_text_under_a_question_already_sent_is_refused_not_dropped(cpts):
    request, author = factories.open_request(), factories.patient()
    actions.open_conversation(request, patient=author)
    other = factories.open_request(body="Une autre question.")
    other = actions.OpenRequest(**{**vars(other), "draft_id": request.draft_id})
    with pytest.raises(Refused) as refused:
        actions.open_conversation(other, patient=author)
    assert refused.value.code == RefusalCode.SAME_ID_OTHER_TEXT


@together
def test_a_draft_whose_key_is_gone_is_refused_though_the_key_is_still_in_memory(cpts):
    request, author = factories.open_request(), factories.patient()
    ensure_key(request.draft_id)
    DoorDraft.objects.create(pk=request.draft_id, sealed=b"")
    results: list[object] = []

    def send() -> None:
        try:
            results.append(actions.open_conversation(request, patient=author))
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():  # what the purge does
        DoorDraft.objects.select_for_update().get(pk=request.draft_id)
        sender = threading.Thread(target=send)
        sender.start()
        sender.join(1)
        destroy_key(request.draft_id)
        DoorDraft.objects.filter(pk=request.draft_id).delete()
    sender.join(30)
    assert isinstance(results[0], Refused)
    assert not Conversation.objects.exists()


def test_a_slower_copy_of_the_same_page_does_not_bring_a_sent_draft_back(cpts):
    session, author = SessionStore(), factories.patient()
    first = drafts.load(session)
    first.content.body = "Une question"
    drafts.save(session, first)
    slow = drafts.load(session)
    request = factories.open_request()
    request = actions.OpenRequest(**{**vars(request), "draft_id": first.row.pk})
    actions.open_conversation(request, patient=author)
    drafts.save(session, slow)
    assert drafts.load(session).is_sent
    assert bytes(DoorDraft.objects.get(pk=first.row.pk).sealed) == b""


# --- Acts at the same instant


@together
@pytest.mark.parametrize("state", ["waiting", "taken"])
@pytest.mark.parametrize("round_", range(5))
def test_acts_at_the_same_instant_leave_one_coherent_end(cpts, lucie, state, round_):
    hugo = factories.professional(cpts, first_name="Hugo")
    author = factories.patient()
    one = factories.conversation(author)
    scope = scope_for(lucie)
    if state == "taken":
        actions.take(one.pk, professional=lucie, scope=scope)
    later = timezone.now() + timedelta(days=30)
    results = at_once(
        lambda: actions.take(one.pk, professional=lucie, scope=scope_for(lucie)),
        lambda: actions.take(one.pk, professional=hugo, scope=scope_for(hugo)),
        lambda: actions.withdraw(one.pk, patient=author, scope=scope_for(author)),
        lambda: actions.expire(one.pk, silent_since=later),
        lambda: actions.close(
            one.pk,
            professional=lucie,
            scope=scope_for(lucie),
            outcome=Outcome.RESOLVED,
            summary="Buvez de l'eau.",
        ),
        lambda: actions.post(
            one.pk,
            author=author,
            scope=scope_for(author),
            client_id=uuid.uuid4(),
            body="Encore un mot.",
        ),
    )
    broken = [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)]
    assert broken == []
    end = Conversation.objects.get(pk=one.pk)
    numbers = list(end.messages.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, end.last_seq + 1))
    assert end.state == State.CLOSED
    passages = list(end.transitions.values_list("from_state", "to_state"))
    assert sum(to == State.CLOSED for _, to in passages) == 1
    for (_, reached), (left, _) in zip(passages, passages[1:], strict=False):
        assert reached == left


@together
@pytest.mark.parametrize("round_", range(5))
def test_a_line_never_lands_after_the_end_of_its_conversation(cpts, lucie, round_):
    author = factories.patient()
    one = factories.taken_conversation(lucie, author)
    _, posted = at_once(
        lambda: actions.close(
            one.pk,
            professional=lucie,
            scope=scope_for(lucie),
            outcome=Outcome.RESOLVED,
            summary="Buvez de l'eau.",
        ),
        lambda: actions.post(
            one.pk,
            author=author,
            scope=scope_for(author),
            client_id=uuid.uuid4(),
            body="Merci.",
        ),
    )
    last = one.messages.order_by("-seq").first()
    assert last.kind == "CLOSING"
    if isinstance(posted, Refused):
        assert posted.code == RefusalCode.CLOSED


def test_a_resend_after_handing_back_finds_its_line(cpts, lucie):
    one = factories.taken_conversation(lucie)
    sent = {"client_id": uuid.uuid4(), "body": "Je passe la main."}
    first = actions.post(one.pk, author=lucie, scope=scope_for(lucie), **sent)
    actions.hand_back(one.pk, professional=lucie, scope=scope_for(lucie))
    again = actions.post(one.pk, author=lucie, scope=scope_for(lucie), **sent)
    assert (again.seq, again.created) == (first.seq, False)
