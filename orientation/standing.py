"""What an open session stands on, told in one short stamp per session, many sessions at once.

A stamp is made of the row versions (PostgreSQL's xmin) of the session, the account, and for a
professional of their roles, their duty and their structures. An unchanged stamp means that none
of these rows was written since: logout, a disabled account, another password, a role or a duty
that changed all show. Comparing stamps costs one statement for hundreds of sessions, where
proving each one anew costs several queries; only a session whose stamp moved is proved anew.
"""

from collections.abc import Sequence

from django.contrib.sessions.models import Session

from comptes.models import User, UserKind
from orientation.models.membership import Duty, Membership
from orientation.models.structures import Structure

_session, _user, _membership, _duty, _structure = (
    model._meta.db_table for model in (Session, User, Membership, Duty, Structure)
)

# The tables' names come from the models, the rest is fixed: nothing here is typed by anybody.
STAMPS = f"""
SELECT asked.session_key, session.xmin::text || ' ' || account.xmin::text ||
    CASE WHEN account.kind <> '{UserKind.PROFESSIONAL}' THEN '' ELSE
        coalesce((
            SELECT string_agg(
                concat_ws('.', role.id, role.xmin::text, place.xmin::text), ' ' ORDER BY role.id)
            FROM {_membership} role LEFT JOIN {_structure} place ON place.id = role.structure_id
            WHERE role.user_id = account.id), '')
        || '/' || coalesce((
            SELECT concat_ws('.', duty.id, duty.xmin::text) FROM {_duty} duty
            WHERE duty.user_id = account.id AND duty.ended_at IS NULL), '')
    END
FROM unnest(%s::text[], %s::bigint[]) AS asked(session_key, user_id)
JOIN {_session} session ON session.session_key = asked.session_key
    AND session.expire_date > statement_timestamp()
JOIN {_user} account ON account.id = asked.user_id
"""  # noqa: S608


def stamps_statement(sessions: Sequence[tuple[str, int]]) -> tuple[str, tuple[object, object]]:
    """The statement that tells the stamps of (session key, account) pairs, and its parameters.

    Its rows are (session key, stamp); a session that ended has no row.
    """
    return STAMPS, ([key for key, _ in sessions], [user_id for _, user_id in sessions])
