"""The home page of the administration: what goes on in one's own territory, figures first.

Live counts for whoever runs the territory: shown here, never exported. No name of a patient, no
number of a conversation.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from comptes.models import User
from evaluation.indicators import VERSION
from evaluation.models import DailyTally, Dimension
from messagerie.models import Conversation
from messagerie.states import Outcome, State
from orientation.coverage import with_several_cpts, without_cpts
from orientation.models import (
    Commune,
    Departement,
    Duty,
    Opening,
    RuleSet,
    RuleSetState,
    Sas,
)
from orientation.rule_sets import notes
from orientation.scope import Scope
from orientation.scoped_admin import administration
from orientation.scoped_queries import visible

COMMUNES_SHOWN = 10
PEOPLE_SHOWN = 60
SETS_EXAMINED = 40


@dataclass(frozen=True)
class Line:
    """One department now. `late`: asked, not yet answered, and the promised time has passed."""

    departement: Departement
    waiting: int
    in_progress: int
    late: int
    oldest: Any

    @property
    def quiet(self) -> bool:
        return not (self.waiting or self.in_progress)


@dataclass(frozen=True)
class Now:
    """What is open in the whole territory."""

    waiting: int
    in_progress: int
    late: int
    lines: list[Line]


def open_now(scope: Scope) -> Now:
    """Open conversations by department, one query, departments with something first."""
    departements = {row.pk: row for row in visible(Departement, scope)}
    unanswered_late = Q(first_answer_at__isnull=True, promised_before__lt=timezone.now())
    rows = (
        Conversation.objects.filter(departement__in=departements)
        .exclude(state=State.CLOSED)
        .values("departement_id")
        .annotate(
            waiting=Count("pk", filter=Q(state=State.WAITING)),
            in_progress=Count("pk", filter=Q(state=State.IN_PROGRESS)),
            late=Count("pk", filter=unanswered_late),
            oldest=Min("waiting_since", filter=Q(state=State.WAITING)),
        )
        .order_by()
    )
    lines = [Line(departement=departements[row.pop("departement_id")], **row) for row in rows]
    lines.sort(key=lambda line: (-line.late, -line.waiting, line.departement.pk))
    return Now(
        waiting=sum(line.waiting for line in lines),
        in_progress=sum(line.in_progress for line in lines),
        late=sum(line.late for line in lines),
        lines=lines,
    )


@dataclass(frozen=True)
class Yesterday:
    """Counts of the day before, by local day; `asked` is 0 when nothing was counted."""

    day: Any
    asked: int
    resolved: int
    referred: int
    emergencies: int
    promise_kept: int
    promise_late: int


def yesterday(scope: Scope) -> Yesterday:
    day = timezone.localdate() - timedelta(days=1)
    rows = (
        DailyTally.objects.filter(
            day=day, version=VERSION, departement__in=visible(Departement, scope).values("pk")
        )
        .filter(dimension__in=[Dimension.OUTCOME, Dimension.PROMISE, Dimension.DOOR])
        .values_list("dimension", "code")
        .annotate(total=Sum("count"))
        .order_by()
    )
    counts = {(dimension, code): total for dimension, code, total in rows}
    outcomes = {
        code: total
        for (dimension, code), total in counts.items()
        if dimension == Dimension.OUTCOME and code != Outcome.TECHNICAL_TEST
    }
    return Yesterday(
        day=day,
        asked=sum(outcomes.values()),
        resolved=outcomes.get(Outcome.RESOLVED, 0),
        referred=sum(total for code, total in outcomes.items() if code.startswith("REFERRED_")),
        emergencies=outcomes.get(Outcome.EMERGENCY, 0)
        + counts.get((Dimension.DOOR, "EMERGENCY"), 0),
        promise_kept=counts.get((Dimension.PROMISE, "KEPT"), 0),
        promise_late=counts.get((Dimension.PROMISE, "LATE"), 0)
        + counts.get((Dimension.PROMISE, "UNANSWERED"), 0),
    )


@dataclass(frozen=True)
class Finding:
    """One thing to look at, with the rule set it is about."""

    rule_set: RuleSet
    sentence: str


def rule_findings(scope: Scope) -> list[Finding]:
    """Remarks on drafts and on the published sets that are, or will be, in force."""
    sets: dict[tuple[Any, ...], RuleSet] = {}
    rows = (
        RuleSet.objects.visible_to(scope)
        .select_related("region", "departement")
        .prefetch_related("rules")
        .order_by(F("effective_from").desc(nulls_last=True), "-version")[:SETS_EXAMINED]
    )
    for row in rows:
        draft = row.state == RuleSetState.DRAFT
        key = (row.region_id, row.departement_id, row.pk if draft else None)
        sets.setdefault(key, row)
    return [Finding(row, sentence) for row in sets.values() for sentence in notes(row)]


@dataclass(frozen=True)
class Holes:
    """Communes without CPTS or with several, largest first; departments without SAS."""

    without: int
    without_first: list[Commune]
    several: int
    several_first: list[Commune]
    no_sas: list[Departement]


def _first(communes: QuerySet[Commune]) -> list[Commune]:
    rows = communes.select_related("departement").order_by("-population", "pk")
    return list(rows[:COMMUNES_SHOWN])


def territory_holes(scope: Scope) -> Holes:
    """Only where the service takes part: elsewhere nobody waits for a CPTS here."""
    today = timezone.localdate()
    openings = Opening.objects.visible_to(scope).filter(
        Q(closes_on__isnull=True) | Q(closes_on__gte=today)
    )
    places = list(openings.values_list("region_id", "departement_id"))
    taking_part = visible(Departement, scope).filter(
        Q(region__in=[region for region, _ in places if region])
        | Q(pk__in=[code for _, code in places if code])
    )
    communes = visible(Commune, scope).filter(departement__in=taking_part)
    without, several = without_cpts(communes), with_several_cpts(communes)
    served = Sas.objects.open_on(today).values("departement")
    return Holes(
        without=without.count(),
        without_first=_first(without),
        several=several.count(),
        several_first=_first(several),
        no_sas=list(taking_part.exclude(pk__in=served)),
    )


@dataclass(frozen=True)
class Team:
    structure: str
    people: list[User]


def on_duty(scope: Scope) -> list[Team]:
    """Professionals on duty now, by structure."""
    rows = (
        Duty.objects.current()
        .visible_to(scope)
        .select_related("user", "structure")
        .order_by("structure__name", "user__last_name")
    )
    teams: dict[str, list[User]] = {}
    for row in rows:
        teams.setdefault(row.structure.name, []).append(row.user)
    return [Team(structure, people) for structure, people in teams.items()]


def administration_home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The index of the administration site (the roof puts it there)."""
    teams = on_duty(scope)
    context = administration.each_context(request) | {
        "title": "Mon territoire",
        "subtitle": None,
        "national": scope.is_national,
        "now": open_now(scope),
        "yesterday": yesterday(scope),
        "findings": rule_findings(scope),
        "holes": territory_holes(scope),
        "teams": teams[:PEOPLE_SHOWN],
        "on_duty_count": sum(len(team.people) for team in teams),
        "app_list": administration.get_app_list(request),
    }
    return render(request, "evaluation/administration.html", context)
