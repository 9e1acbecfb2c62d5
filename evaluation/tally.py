"""Count one local day of every territory, from the rows of the conversations and of the door.

Counting is idempotent: the same rows give the same counts, whether it runs once, three times, or
late. Two runs at the same time queue behind a lock of the day.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast

from evaluation.indicators import STILL_OPEN, VERSION
from evaluation.models import DailyTally, Dimension
from messagerie.models import Conversation, DoorPassage, PassageAnswer, Transition
from messagerie.states import Outcome

# A local day lies inside this span of UTC, whatever the zone (UTC-12 to UTC+14).
_EARLIEST = timedelta(hours=14)
_LATEST = timedelta(hours=36)

# Upper bounds of the delay of the first answer; the last class is open, NONE has no answer.
DELAYS: tuple[tuple[str, timedelta], ...] = (
    ("UNDER_15_MIN", timedelta(minutes=15)),
    ("UNDER_1_H", timedelta(hours=1)),
    ("UNDER_4_H", timedelta(hours=4)),
    ("UNDER_24_H", timedelta(hours=24)),
)
DELAY_CODES = (*(code for code, _limit in DELAYS), "OVER_24_H", "NO_ANSWER")
PROMISE_CODES = ("KEPT", "LATE", "UNANSWERED", "NO_PROMISE")
DOOR_CODES = ("EMERGENCY", "CONTINUED", "DISMISSED", "WORSENING")
NOT_ASKED = "NOT_ASKED"

_LOCK_CLASS = 0x7A11  # first key of the advisory locks of this module


def _local_day(instant: str, zone: str) -> Cast:
    """Date on the clock of a zone held in a column."""
    return Cast(Func(F(zone), F(instant), function="timezone"), DateField())


def _span(day: date) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, time(0), tzinfo=UTC)
    return midnight - _EARLIEST, midnight + _LATEST


def _opened_on(day: date) -> QuerySet[Conversation]:
    return (
        Conversation.objects.filter(opened_at__range=_span(day))
        .annotate(local_day=_local_day("opened_at", "time_zone"))
        .filter(local_day=day)
    )


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _outcome_code() -> Case:
    return Case(When(outcome="", then=_text(STILL_OPEN)), default=F("outcome"))


def _delay_code() -> Case:
    return Case(
        When(first_answer_at__isnull=True, then=_text("NO_ANSWER")),
        *(
            When(first_answer_at__lt=F("opened_at") + Value(limit), then=_text(code))
            for code, limit in DELAYS
        ),
        default=_text("OVER_24_H"),
    )


def _promise_code() -> Case:
    return Case(
        When(promised_before__isnull=True, then=_text("NO_PROMISE")),
        When(first_answer_at__isnull=True, then=_text("UNANSWERED")),
        When(first_answer_at__lte=F("promised_before"), then=_text("KEPT")),
        default=_text("LATE"),
    )


def _alternative_code() -> Case:
    return Case(When(alternative="", then=_text(NOT_ASKED)), default=F("alternative"))


def _door_code() -> Case:
    """One class for a visit, read from all its signs.

    WORSENING: declared during a conversation. DISMISSED: every sign dismissed. CONTINUED: a sign
    kept, then a question sent. EMERGENCY: a sign kept, and no question.
    """
    signs = DoorPassage.objects.filter(visit=OuterRef("visit"))
    return Case(
        When(Exists(signs.filter(during_conversation=True)), then=_text("WORSENING")),
        When(~Exists(signs.exclude(answer=PassageAnswer.DISMISSED)), then=_text("DISMISSED")),
        When(Exists(signs.filter(continued=True)), then=_text("CONTINUED")),
        default=_text("EMERGENCY"),
    )


def _visits_on(day: date) -> QuerySet[DoorPassage]:
    """The first sign of each visit, so that a visit of several signs counts once."""
    earlier = DoorPassage.objects.filter(visit=OuterRef("visit")).filter(
        Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk"))
    )
    return (
        DoorPassage.objects.filter(~Exists(earlier), at__range=_span(day))
        .annotate(local_day=_local_day("at", "departement__time_zone"))
        .filter(local_day=day)
    )


def _counted(day: date) -> list[DailyTally]:
    """Every count of a day: one aggregate for each dimension."""
    opened = _opened_on(day)
    kept = opened.exclude(outcome=Outcome.TECHNICAL_TEST)
    sources: tuple[tuple[Dimension, QuerySet, Case, str, Value | F], ...] = (
        (Dimension.OUTCOME, opened, _outcome_code(), "pk", F("cpts_id")),
        (Dimension.DELAY, kept, _delay_code(), "pk", F("cpts_id")),
        (Dimension.PROMISE, kept, _promise_code(), "pk", F("cpts_id")),
        (Dimension.ALTERNATIVE, kept, _alternative_code(), "pk", F("cpts_id")),
        (Dimension.DOOR, _visits_on(day), _door_code(), "visit", Value(None, BigIntegerField())),
    )
    rows: list[DailyTally] = []
    for dimension, source, code, counted, place in sources:
        found = (
            source.annotate(code=code, place=place)
            .values("departement_id", "place", "code")
            .annotate(number=Count(counted))
            .order_by("departement_id", "place", "code")
        )
        rows += [
            DailyTally(
                day=day,
                departement_id=line["departement_id"],
                cpts_id=line["place"],
                dimension=dimension,
                code=line["code"],
                count=line["number"],
                version=VERSION,
            )
            for line in found
        ]
    return rows


_UNIQUE = ["day", "departement", "cpts", "dimension", "code", "version"]


def recount_day(day: date) -> int:
    """Make the counts of one local day true, for every territory; how many rows there are.

    In one transaction, behind a lock of that day: counts are written over, those that nothing
    supports any more are deleted, the others keep their row.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, day.toordinal()])
        rows = _counted(day)
        if rows:
            DailyTally.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=_UNIQUE, update_fields=["count"]
            )
        true = {(r.departement_id, r.cpts_id, r.dimension, r.code) for r in rows}
        stale = [
            row.pk
            for row in DailyTally.objects.filter(day=day, version=VERSION)
            if (row.departement_id, row.cpts_id, row.dimension, row.code) not in true
        ]
        DailyTally.objects.filter(pk__in=stale).delete()
    return len(rows)


def days_touched_since(instant: datetime) -> set[date]:
    """Local days of opening of the requests whose state changed since an instant: a request
    opened on Monday and closed on Thursday changes the counts of Monday."""
    return set(
        Conversation.objects.filter(
            pk__in=Transition.objects.filter(at__gte=instant).values("conversation_id")
        )
        .annotate(local_day=_local_day("opened_at", "time_zone"))
        .values_list("local_day", flat=True)
        .distinct()
    )


def first_day() -> date | None:
    """Local day of the first request or of the first visit; None before any."""
    found = [
        Conversation.objects.aggregate(day=Min(_local_day("opened_at", "time_zone")))["day"],
        DoorPassage.objects.aggregate(day=Min(_local_day("at", "departement__time_zone")))["day"],
    ]
    known = [day for day in found if day is not None]
    return min(known) if known else None


def last_counted_day() -> date | None:
    """The last day that has counts; None when nothing was ever counted."""
    return DailyTally.objects.filter(version=VERSION).aggregate(day=Max("day"))["day"]


def days_between(first: date, last: date) -> Iterable[date]:
    """Every day from first to last, both included."""
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
