"""Two professionals take the same conversation at the same instant: one winner, every time."""

import threading

import pytest
from django.db import connections

from comptes.models import Act, JournalEntry
from messagerie import actions
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Conversation, Transition
from messagerie.states import State
from orientation.scope import scope_for
from tests import factories

ROUNDS = 200
WAIT = 30

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("territory"),
]


def test_two_takes_at_the_same_instant_have_one_winner_two_hundred_times():
    factories.open_region()
    cpts = factories.StructureFactory()
    camille = factories.patient()
    waiting = [factories.conversation(camille).pk for _ in range(ROUNDS)]
    people = [factories.professional(cpts, first_name=name) for name in ("Lucie", "Marc")]
    scopes = [scope_for(person) for person in people]
    start = threading.Barrier(2, timeout=WAIT)
    answers: list[dict] = [{}, {}]

    def take_all(number: int) -> None:
        try:
            for conversation in waiting:
                start.wait()
                try:
                    actions.take(conversation, professional=people[number], scope=scopes[number])
                    answers[number][conversation] = "won"
                except Refused as refused:
                    answers[number][conversation] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take_all, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(ROUNDS)

    for conversation in waiting:
        said = [answers[0][conversation], answers[1][conversation]]
        winner = said.index("won")
        loser = said[1 - winner]
        assert isinstance(loser, Refused), "two winners"
        assert (loser.code, loser.status) == (RefusalCode.ALREADY_TAKEN, 409)
        assert loser.sentence.startswith(people[winner].first_name)
        row = Conversation.objects.get(pk=conversation)
        assert (row.state, row.professional_id) == (State.IN_PROGRESS, people[winner].pk)
    taken = {"act": Act.CONVERSATION_TAKEN}
    assert Transition.objects.filter(**taken).count() == ROUNDS
    assert JournalEntry.objects.filter(**taken).count() == ROUNDS
    # Both won at times: the race was one.
    assert all(any(a == "won" for a in person.values()) for person in answers)
