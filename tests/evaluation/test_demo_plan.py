"""The planned history of the demonstration: pure, repeatable, and true to its declared rates."""

import csv
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from stdnum import luhn

from evaluation.demo import rates, texts
from evaluation.demo.people import CAST, colleague, rpps
from evaluation.demo.plan import days_of, plan, plan_day, true_rates
from evaluation.demo.planned import Place, StepKind, populate
from evaluation.indicators import declared_resolution, orientation, wilson
from messagerie.actions.orienting import OUTCOME_OF
from messagerie.danger import SIGNS
from messagerie.models import Alternative
from messagerie.states import Outcome
from messagerie.texts import clean_text
from orientation.models import OverrideReason
from orientation.motives import Motive

DATA = Path(__file__).resolve().parents[2] / "orientation" / "data"
ZONES = {"04": "Indian/Reunion"}
REGIONS = {"93", "53", "04"}
END = date(2026, 11, 20)


@pytest.fixture(scope="module")
def population():
    """Everybody of the three regions, from the files of the reference territory."""
    rows = []
    for name in ("communes.csv", "arrondissements_municipaux.csv"):
        with open(DATA / name, encoding="utf-8") as file:
            rows += [row for row in csv.DictReader(file) if row["code_region"] in REGIONS]
    whole = {row["code_commune"] for row in rows if "code_commune" in row}
    return populate(
        [
            Place(
                code=row["code_insee"],
                departement=row["code_departement"],
                region=row["code_region"],
                population=int(row["population"] or 0),
                time_zone=ZONES.get(row["code_region"], "Europe/Paris"),
                has_other=number % 3 == 0,
            )
            for number, row in enumerate(rows)
            if row["code_insee"] not in whole
        ]
    )


@pytest.fixture(scope="module")
def history(population):
    return tuple(plan(population, end=END))


def requests_of(history):
    return [request for day in history for request in day.requests]


def test_ninety_days_hold_six_thousand_requests_in_three_regions(history):
    requests = requests_of(history)
    assert len(history) == 90
    assert len(requests) >= 6000
    assert {request.patient.place.region for request in requests} == REGIONS
    assert len({request.patient.place.departement for request in requests}) == 11


@pytest.mark.parametrize("end", [date(2026, 4, 1), date(2027, 1, 3), date(2028, 3, 1)])
def test_any_end_gives_enough_requests(population, end):
    assert sum(len(day.requests) for day in plan(population, end=end)) >= 6000


def test_the_same_day_is_planned_alike_whatever_the_end(population):
    day = END - timedelta(days=30)
    first = plan_day(day, population, end=END)
    assert plan_day(day, population, end=END) == first
    assert plan_day(day, population, end=END + timedelta(days=12)) == first


def test_identifiers_never_repeat(history):
    requests = requests_of(history)
    ids = [request.id for request in requests]
    lines = [
        request.client_id(rank) for request in requests for rank in range(len(request.steps) + 1)
    ]
    visits = [visit.id for day in history for visit in day.visits]
    passages = [request.visit for request in requests if request.visit]
    everything = [*ids, *lines, *visits, *passages]
    assert len(set(everything)) == len(everything)


def test_true_rates_count_each_request_once(history):
    counts = true_rates(history)
    assert sum(counts.values()) == len(requests_of(history))
    assert {outcome for _day, _place, outcome in counts} <= set(Outcome.values)


def outcomes(history, *, region):
    return Counter(
        request.outcome
        for request in requests_of(history)
        if request.patient.place.region == region
    )


def mixed(history, region, outcome):
    """The declared rate of a region: that of its departments, weighted by their requests."""
    places = [
        request.patient.place
        for request in requests_of(history)
        if request.patient.place.region == region
    ]
    return sum(rates.expected(region, p.departement)[outcome] for p in places) / len(places)


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_rates_of_each_region_are_the_declared_ones(history, region):
    counts = outcomes(history, region=region)
    total = sum(counts.values())
    oriented = counts[Outcome.REFERRED_MEDECIN_TRAITANT] + counts[Outcome.REFERRED_SAS]
    for outcome, count in (
        (Outcome.RESOLVED, counts[Outcome.RESOLVED]),
        (rates.ORIENTED, oriented),
    ):
        bounds = wilson(count, total, z=3.29)
        assert bounds.low <= mixed(history, region, outcome) <= bounds.high


def test_declared_rates_sum_to_one():
    for region in REGIONS:
        for departement in ("04", "06", "13", "22", "29", "974"):
            expected = rates.expected(region, departement)
            assert sum(expected.values()) == pytest.approx(1)
            assert min(expected.values()) > 0


def test_the_whole_is_near_the_cited_figures(history):
    counts = Counter(request.outcome for request in requests_of(history))
    assert declared_resolution(counts).value == pytest.approx(0.53, abs=0.03)
    assert orientation(counts)[0].value == pytest.approx(0.32, abs=0.03)
    assert set(counts) >= set(Outcome.values)


def test_territories_differ(history):
    rate = {}
    for region in REGIONS:
        counts = outcomes(history, region=region)
        rate[region] = counts[Outcome.RESOLVED] / sum(counts.values())
    assert max(rate.values()) - min(rate.values()) > 0.02


def test_acts_follow_one_another_and_end_with_the_history(history):
    after = datetime(2026, 11, 21, tzinfo=UTC)
    for request in requests_of(history):
        instants = [request.opened_at, *(step.at for step in request.steps)]
        assert instants == sorted(instants)
        assert instants[-1] < after
        local = request.opened_at.astimezone(ZoneInfo(request.patient.place.time_zone))
        assert local.date() == request.day


def test_every_kind_of_act_and_of_person_is_there(history):
    requests = requests_of(history)
    assert {step.kind for request in requests for step in request.steps} == set(StepKind)
    assert {request.relation for request in requests} == {"SELF", "CHILD", "HELPED"}
    assert {request.alternative for request in requests} == {"", *Alternative.values}
    assert {request.sign_answer for request in requests} >= {"", "DISMISSED", "DECLARED"}
    assert {request.medecin_traitant for request in requests} == {"DECLARED", "NONE", "UNKNOWN"}
    answers = {visit.answer for day in history for visit in day.visits}
    assert answers == {"DECLARED", "CALLED", "DISMISSED"}


def test_days_and_hours_are_not_alike(history):
    requests = requests_of(history)
    hours = Counter(
        request.opened_at.astimezone(ZoneInfo(request.patient.place.time_zone)).hour
        for request in requests
    )
    assert hours[18] > 3 * hours[22]
    assert hours[2] == 0
    days = Counter(request.day.weekday() for request in requests)
    assert days[0] > days[5] > days[6]


def test_large_places_write_more(history):
    places = Counter(request.patient.place.code for request in requests_of(history))
    assert places.most_common(1)[0][1] > 100
    assert places["13203"] > places["05023"]


def test_codes_are_those_of_the_product(history):
    for request in requests_of(history):
        assert request.motive in set(Motive)
        assert set(request.signs) <= set(SIGNS)
        for step in request.steps:
            if step.kind == StepKind.ORIENT:
                assert step.outcome in OUTCOME_OF.values()
                assert step.reason in OverrideReason.values


def test_ages_suit_the_person(history):
    for request in requests_of(history):
        low, high = {"SELF": (18, 92), "CHILD": (0, 15), "HELPED": (68, 97)}[request.relation]
        assert low <= request.age <= high


# --- Words

IDENTIFIER = re.compile(r"\d{4,}|\d[\d .]{7,}|@|https?:|www\.")


def test_texts_hold_no_identifier_and_can_be_sent():
    for text in texts.every_text():
        assert not IDENTIFIER.search(text), text
        assert text == "" or clean_text(text)


def test_written_texts_name_the_person_and_leave_no_slot(history):
    for request in requests_of(history):
        for text in (request.body, *(step.text for step in request.steps)):
            assert "{" not in text and "}" not in text
            assert not IDENTIFIER.search(text)


def test_patients_do_not_all_write_the_same(history):
    bodies = {request.body for request in requests_of(history)}
    assert len(texts.THEMES) >= 25
    assert len(bodies) > 400


# --- People


def test_fictitious_professionals_have_a_right_and_reserved_number():
    numbers = [rpps(n) for n in (0, 1, 44, 99_999)]
    assert all(number.startswith("99700") and len(number) == 11 for number in numbers)
    assert all(luhn.is_valid(number) for number in numbers)


def test_addresses_reach_nobody():
    people = [*CAST, *(colleague(number) for number in range(44))]
    assert len({person.email for person in people}) == len(people)
    assert all(person.email.endswith("@exemple.invalid") for person in people)


def test_days_end_on_the_end():
    assert days_of(END, 3) == (date(2026, 11, 18), date(2026, 11, 19), END)
