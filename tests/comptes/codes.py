"""What a phone or a mailbox would show: codes for the sign-in tests."""

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail


def totp(secret: str, *, shift: int = 0) -> str:
    """The code of an authenticator application now, or `shift` steps of 30 s away."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + shift))


def mailed_code() -> str:
    """The code in the last mail: capitals and digits, alone on its line."""
    found = re.search(r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found.group(1)
