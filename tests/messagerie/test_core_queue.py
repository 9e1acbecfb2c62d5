"""The queue of a large service: read by its index, not by every conversation ever held."""

import pytest
from django.db import connection

from messagerie.models import Conversation
from orientation.scope import scope_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("territory")]

COPIES = """
INSERT INTO messagerie_conversation ({columns}, id, state, outcome, closed_at, departement_id)
SELECT {columns}, gen_random_uuid(), CASE WHEN n % 100 = 0 THEN 'WAITING' ELSE 'CLOSED' END,
    CASE WHEN n % 100 = 0 THEN '' ELSE 'RESOLVED' END,
    CASE WHEN n % 100 = 0 THEN NULL ELSE opened_at END,
    (SELECT code FROM orientation_departement ORDER BY code OFFSET n % 20 LIMIT 1)
FROM messagerie_conversation, generate_series(1, {rows}) AS n
"""


def test_the_queue_is_read_by_an_index():
    factories.open_region()
    lucie = factories.professional(factories.StructureFactory())
    factories.conversation()
    own = {"id", "state", "outcome", "closed_at", "departement_id"}
    columns = ", ".join(
        field.column for field in Conversation._meta.fields if field.column not in own
    )
    with connection.cursor() as cursor:
        cursor.execute(COPIES.format(columns=columns, rows=20_000))
        cursor.execute("ANALYZE messagerie_conversation")
    plan = Conversation.objects.waiting_for(scope_for(lucie))[:50].explain()
    assert "conversation_queue" in plan
    assert "Seq Scan on messagerie_conversation" not in plan
    mine = Conversation.objects.visible_to(scope_for(lucie)).filter(state="IN_PROGRESS").explain()
    assert "Seq Scan on messagerie_conversation" not in mine
