"""Tell whoever must know that the session or the rights of an account changed.

The listeners are named by the settings (RIGHTS_ANNOUNCERS): this floor does not know the floors
above it. Each one takes the number of the account.
"""

import logging
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


def rights_changed(user_id: int) -> None:
    """Announce after the commit: open sockets of the account must prove themselves again."""
    transaction.on_commit(partial(_announce, user_id))


def _announce(user_id: int) -> None:
    for path in settings.RIGHTS_ANNOUNCERS:
        try:
            import_string(path)(user_id)
        except Exception as error:  # the change itself is committed: the tick will see it
            logger.warning("announcement lost: %s", type(error).__name__)
