"""When mails of the service stay silent: dated, the last rule that has begun counts."""

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True)
class QuietHours:
    """From `starts` to `ends` in the patient's local time, through midnight when it ends earlier
    in the day; equal hours: never quiet."""

    since: date
    starts: time
    ends: time


NOTICE_QUIET_HOURS = (QuietHours(date(2026, 11, 1), time(22), time(7, 30)),)
