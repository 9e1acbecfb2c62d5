"""What a phone or a mailbox would show: codes for the sign-in tests."""

import re

from allauth.mfa.totp.internal import auth
from django.core import mail


def totp(secret: str, *, shift: int = 0) -> str:
    """The code of an authenticator application now, or `shift` steps of 30 s away."""
    # By the clock that the check goes by, so that a test may stop both at once.
    step = int(auth.time.time()) // 30 + shift
    return auth.format_hotp_value(auth.hotp_value(secret, step))


def mailed_code() -> str:
    """The code in the last mail: capitals and digits, alone on its line."""
    found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found.group(1)
