"""Shorthands of the tests that erase."""

from comptes.models import Act, JournalEntry, User
from messagerie import actions
from messagerie.models import Conversation, ErasureReason, ErasureRequest
from orientation.scope import scope_for

WORD = "Zqxjphosphène"  # a word that no page may show afterwards


def admin(user: User) -> dict[str, object]:
    return {"administrator": user, "scope": scope_for(user)}


def ask(conversation: Conversation, user: User) -> ErasureRequest:
    return actions.ask_erasure(conversation.pk, **admin(user), reason=ErasureReason.COURT)


def erase(conversation: Conversation, first: User, second: User) -> ErasureRequest:
    return actions.confirm_erasure(ask(conversation, first).pk, **admin(second))


def erasure_lines(conversation: Conversation) -> list[tuple[str, int | None, str]]:
    acts = (Act.ERASURE_ASKED, Act.ERASURE_REFUSED, Act.CONVERSATION_ERASED)
    lines = JournalEntry.objects.filter(conversation_id=conversation.pk, act__in=acts)
    return list(lines.order_by("pk").values_list("act", "actor_id", "reason"))
