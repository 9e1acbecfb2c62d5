"""Published tables: figures, totals, masking, revisions, and who may read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from evaluation.masking import derivable, is_small
from evaluation.models import Level, Report, Status
from evaluation.periods import PeriodKind
from evaluation.report import (
    INDICATORS,
    NATION,
    ORIENTATION,
    REQUESTS,
    Territory,
    _equations,
    _table,
    publish,
    publish_around,
)
from evaluation.tally import recount_day
from orientation.scope import scope_for
from tests.factories import (
    coordinator,
    evaluator,
    national_administrator,
    patient,
    professional,
    regional_administrator,
)

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 10, 6)
MONDAY = date(2026, 10, 5)
OCTOBER = date(2026, 10, 1)
SOON = datetime(2026, 10, 8, 4, 10, tzinfo=UTC)
MUCH_LATER = datetime(2026, 12, 1, 4, 10, tzinfo=UTC)


def figure(indicator: str, level: str = Level.DEPARTEMENT, kind=PeriodKind.WEEK, **place) -> Report:
    place = place or {"departement": "13"}
    return Report.objects.in_force().get(
        period_kind=kind, level=level, indicator=indicator, **place
    )


@pytest.fixture
def october(conversations, passages, cpts):
    """130 requests in the Bouches-du-Rhône, 100 in Ille-et-Vilaine, 12 visits at the door."""
    conversations(60, "RESOLVED", cpts=cpts)
    conversations(20, "REFERRED_MEDECIN_TRAITANT", cpts=cpts)
    conversations(20, "REFERRED_SAS")
    conversations(15, "REFERRED_CPTS")
    conversations(15, "EXPIRED", answered_after=None)
    conversations(9, "TECHNICAL_TEST")
    conversations(50, "RESOLVED", departement="35")
    conversations(25, "REFERRED_SAS", departement="35")
    conversations(25, "REFERRED_MEDECIN_TRAITANT", departement="35")
    for _ in range(12):
        passages("RF01", "RF03")
    recount_day(TUESDAY)


def test_rates_have_their_parts_and_their_wilson_bounds(october):
    publish(PeriodKind.WEEK, MONDAY, SOON)
    resolved = figure("RESOLVED")
    assert (resolved.numerator, resolved.denominator) == (60, 130)
    # Wilson of 60/130 at 95 %: 0.3782 to 0.5471, by hand from the formula.
    assert (round(resolved.low, 4), round(resolved.high, 4)) == (0.3782, 0.5471)
    assert figure(REQUESTS).numerator == 130
    whole = figure(ORIENTATION)
    assert (whole.numerator, whole.denominator) == (40, 130)
    assert figure("DOOR_EMERGENCY").numerator == 12
    assert figure("DELAY_UNDER_1_H").numerator == 115
    assert figure("DELAY_NO_ANSWER").numerator == 15
    assert figure("PROMISE_KEPT").numerator == 115
    assert set(Report.objects.values_list("indicator", flat=True)) == set(INDICATORS)


def test_territories_add_up_to_the_nation(october):
    publish(PeriodKind.WEEK, MONDAY, SOON)
    assert figure("RESOLVED", Level.REGION, region="93").numerator == 60
    assert figure("RESOLVED", Level.REGION, region="53").numerator == 50
    assert figure("RESOLVED", Level.NATION, region=None).numerator == 110
    assert figure(REQUESTS, Level.NATION, region=None).numerator == 230


def test_months_are_split_by_cpts(october, cpts):
    publish(PeriodKind.MONTH, OCTOBER, SOON)
    month = PeriodKind.MONTH
    assert figure("RESOLVED", Level.CPTS, month, cpts=cpts).numerator == 60
    assert figure(REQUESTS, Level.CPTS, month, cpts=cpts).numerator == 80
    outside = figure(REQUESTS, Level.NO_CPTS, month, departement="13")
    assert outside.numerator == 50
    assert figure(REQUESTS, Level.DEPARTEMENT, month, departement="13").numerator == 130
    doors = Report.objects.filter(indicator="DOOR_EMERGENCY", period_kind="MONTH")
    assert set(doors.values_list("level", flat=True)) == {"DEPARTEMENT", "REGION", "NATION"}


def test_outcomes_of_a_published_line_sum_to_the_requests(october):
    publish(PeriodKind.WEEK, MONDAY, SOON)
    cells = _table(PeriodKind.WEEK, MONDAY)
    for equation in _equations(cells):
        assert cells[equation.total] == sum(cells[part] for part in equation.parts)


def test_small_cells_never_come_out(conversations, cpts):
    conversations(60, "RESOLVED", cpts=cpts)
    conversations(20, "REFERRED_SAS", cpts=cpts)
    conversations(4, "EXPIRED", cpts=cpts)
    conversations(70, "RESOLVED")
    conversations(30, "REFERRED_CPTS")
    conversations(5, "RESOLVED", departement="35")
    recount_day(TUESDAY)
    for kind, start in ((PeriodKind.WEEK, MONDAY), (PeriodKind.MONTH, OCTOBER)):
        publish(kind, start, SOON)
        rows = Report.objects.in_force().filter(period_kind=kind)
        assert not any(row.numerator and is_small(row.numerator) for row in rows)
        cells = _table(kind, start)
        masked = {
            (
                Territory(Level(r.level), r.region_id or "", r.departement_id or "", r.cpts_id),
                r.indicator,
            )
            for r in rows
            if r.masked
        }
        hidden = frozenset(masked | {key for key in cells if key[1] not in INDICATORS})
        small = {key for key, count in cells.items() if is_small(count)}
        assert small <= hidden
        assert not derivable(cells, _equations(cells), hidden) & small
        for row in rows:
            if row.denominator is not None:
                assert not is_small(row.denominator - row.numerator)
    # A territory with five requests shows nothing of them, and its neighbour hides the rest.
    assert figure(REQUESTS, departement="35").masked
    assert figure(REQUESTS, Level.REGION, region="53").masked
    assert figure("EXPIRED", Level.CPTS, PeriodKind.MONTH, cpts=cpts).numerator is None


def test_late_answers_are_not_found_from_the_silent_ones(conversations):
    """« Sans réponse » stands in two tables: shown in one, it would open the other."""
    conversations(60, "RESOLVED")
    conversations(5, "RESOLVED", answered_after=timedelta(hours=9))
    conversations(24, "EXPIRED", answered_after=None)
    recount_day(TUESDAY)
    cells = _table(PeriodKind.WEEK, MONDAY)
    bouches = Territory(Level.DEPARTEMENT, "93", "13")
    assert (cells[bouches, "PROMISE_LATE"], cells[bouches, "PROMISE_UNANSWERED"]) == (5, 24)
    publish(PeriodKind.WEEK, MONDAY, SOON)
    assert figure("PROMISE_LATE").masked
    assert figure("PROMISE_UNANSWERED").masked == figure("DELAY_NO_ANSWER").masked


def test_the_database_refuses_a_small_cell(october):
    publish(PeriodKind.WEEK, MONDAY, SOON)
    row = figure("RESOLVED")
    for change in ({"numerator": 10, "denominator": 130}, {"masked": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=row.pk).update(**change)


def test_publishing_three_times_gives_the_same_rows(october):
    assert publish_around([TUESDAY], SOON) == 2
    first = list(Report.objects.order_by("pk").values())
    assert publish_around([TUESDAY], SOON) == 0
    assert publish_around([TUESDAY], SOON) == 0
    assert list(Report.objects.order_by("pk").values()) == first


def test_a_provisional_period_is_rewritten_in_place(october, conversations):
    publish(PeriodKind.WEEK, MONDAY, SOON)
    assert figure("RESOLVED").status == Status.PROVISIONAL
    conversations(11, "RESOLVED")
    recount_day(TUESDAY)
    assert publish(PeriodKind.WEEK, MONDAY, SOON)
    assert figure("RESOLVED").numerator == 71
    assert not Report.objects.filter(superseded=True).exists()
    assert set(Report.objects.values_list("revision", flat=True)) == {1}


def test_a_frozen_period_changes_only_by_a_new_revision(october, conversations):
    publish(PeriodKind.WEEK, MONDAY, MUCH_LATER)
    before = figure("RESOLVED")
    assert before.status == Status.FROZEN
    assert not publish(PeriodKind.WEEK, MONDAY, MUCH_LATER)
    conversations(11, "RESOLVED")
    recount_day(TUESDAY)
    assert publish(PeriodKind.WEEK, MONDAY, MUCH_LATER)
    after = figure("RESOLVED")
    assert (after.numerator, after.revision) == (71, 2)
    before.refresh_from_db()
    assert (before.numerator, before.superseded) == (60, True)
    assert not publish(PeriodKind.WEEK, MONDAY, MUCH_LATER)


def test_an_empty_period_publishes_nothing(territory):
    assert not publish(PeriodKind.WEEK, MONDAY, SOON)
    assert not Report.objects.exists()


def levels_seen_by(user) -> set[tuple[str, str | None, str | None]]:
    return set(
        Report.objects.visible_to(scope_for(user)).values_list("level", "region", "departement")
    )


def test_each_reads_the_figures_of_their_own_territories(october, cpts):
    publish_around([TUESDAY], SOON)
    provence = {
        ("REGION", "93", None),
        ("DEPARTEMENT", "93", "13"),
        ("CPTS", "93", "13"),
        ("NO_CPTS", "93", "13"),
    }
    assert levels_seen_by(regional_administrator(region="93")) == provence
    assert levels_seen_by(evaluator(region="93")) == provence
    only = levels_seen_by(regional_administrator(departement="13"))
    assert only == provence - {("REGION", "93", None)}
    brittany = levels_seen_by(regional_administrator(region="53"))
    assert {region for _level, region, _departement in brittany} == {"53"}
    everything = levels_seen_by(national_administrator())
    assert ("NATION", None, None) in everything and provence < everything
    assert levels_seen_by(evaluator()) == everything
    for nobody in (patient(), professional(cpts), coordinator(cpts)):
        assert levels_seen_by(nobody) == set()


def test_the_nation_is_the_root_of_every_table(october):
    cells = _table(PeriodKind.WEEK, MONDAY)
    assert cells[NATION, REQUESTS] == 230
