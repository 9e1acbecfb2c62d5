"""The closed danger questions, their signs and their numbers."""

import ast
import csv
import inspect
import re
from pathlib import Path

import pytest
from django.core.checks import run_checks

from messagerie import danger, danger_numbers, danger_questions, danger_signs

CATALOGUE = Path(__file__).parent / "data" / "red_flag_catalogue.csv"

# Reviewed by hand, line by line: family of the catalogue -> question that covers it, first number.
REVIEWED = {
    "RF01": ("RESPIRATION", "15"),  # chest pain
    "RF02": ("MALAISE", "15"),  # stroke
    "RF03": ("RESPIRATION", "15"),  # breathing distress
    "RF04": ("POISON", "15"),  # anaphylaxis
    "RF05": ("FIEVRE", "15"),  # sepsis
    "RF06": ("FIEVRE", "15"),  # meningitis, purpura
    "RF07": ("MORAL", "3114"),  # suicidal thoughts
    "RF08": ("MORAL", "15"),  # suicidal act
    "RF09": ("GROSSESSE", "15"),  # pregnancy
    "RF10": ("BEBE", "15"),  # fever under three months
    "RF11": ("ACCIDENT", "15"),  # bleeding
    "RF12": ("MALAISE", "15"),  # unconsciousness
    "RF13": ("MALAISE", "15"),  # seizures
    "RF14": ("DOULEUR", "15"),  # testicular pain
    "RF15": ("DOULEUR", "15"),  # sudden loss of sight, chemical in the eye
    "RF16": ("MALAISE", "15"),  # thunderclap headache
    "RF17": ("POISON", "15"),  # poisoning
    "RF18": ("POISON", "18"),  # carbon monoxide, gas
    "RF19": ("VIOLENCE", "17"),  # domestic violence
    "RF20": ("VIOLENCE", "119"),  # child in danger
    "RF21": ("VIOLENCE", "17"),  # sexual violence
    "RF22": ("ACCIDENT", "15"),  # head injury
    "RF23": ("ACCIDENT", "15"),  # major injury
    "RF24": ("ACCIDENT", "15"),  # burn
    "RF25": ("DOULEUR", "15"),  # acute abdomen
    "RF26": ("ACCIDENT", "15"),  # digestive bleeding
    "RF27": ("DOULEUR", "15"),  # back pain with deficit
    "RF28": ("MALAISE", "15"),  # diabetic emergency
    "RF29": ("FIEVRE", "15"),  # heat stroke
    "RF30": ("RESPIRATION", "15"),  # choking, button battery
    "RF31": ("DOULEUR", "15"),  # limb ischaemia, phlebitis
    "RF32": ("MORAL", "15"),  # psychiatric crisis
    "RF33": ("BEBE", "15"),  # grave signs of the infant
    "RF34": ("FIEVRE", "15"),  # fever, immune deficiency
    "RF35": ("POISON", "15"),  # bites
    "RF36": ("ACCIDENT", "15"),  # drowning, electric shock
    "RF37": ("VIOLENCE", "3977"),  # elder or disabled abuse
    "RF38": ("VIOLENCE", "3018"),  # harassment of a minor
}

# How the catalogue writes what is not a plain number.
CENTRE_ANTIPOISON = "centre antipoison 01 45 42 59 59"
PLACES = {"maternité": "maternité", "urgences": "urgences", "service d'oncologie": "hôpital"}


def catalogue() -> dict[str, dict[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["flag_code"]: row for row in csv.DictReader(file)}


def test_the_reviewed_table_covers_the_38_families_and_matches_the_product():
    assert len(REVIEWED) == 38
    assert set(REVIEWED) == set(catalogue())
    product = {row.code: (row.question_code, row.number) for row in danger.SIGNS.values()}
    assert product == REVIEWED


def test_every_sign_has_the_first_number_of_the_catalogue():
    for code, row in catalogue().items():
        assert danger.SIGNS[code].number == row["number_primary"], code


def test_every_other_number_and_place_of_the_catalogue_is_shown():
    for code, row in catalogue().items():
        shown = {item.code for item in danger.numbers_of(code)}
        places = " ".join(str(place) for place in danger.SIGNS[code].other_places)
        for other in row["number_other"].split("|"):
            if other == CENTRE_ANTIPOISON:
                assert "0145425959" in shown, code
            elif other in PLACES:
                assert PLACES[other] in places, code
            else:
                assert other in shown, code


def test_about_ten_questions_each_opening_at_least_one_sign():
    assert 8 <= len(danger.questions()) <= 12
    codes = [row.code for row in danger.questions()]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert danger.signs_for([code]), code
    assert {row.question_code for row in danger.SIGNS.values()} == set(codes)
    for row in danger.questions():
        assert str(row.text).endswith("\u00a0?")
        assert len(str(row.text)) <= 70, row.code


def test_114_stands_beside_15_17_and_18():
    for code in danger.SIGNS:
        shown = {item.code for item in danger.numbers_of(code)}
        if shown & {"15", "17", "18"}:
            assert "114" in shown, code
    assert danger_numbers.with_written_emergency(("17",)) == ("17", "114")
    assert danger_numbers.with_written_emergency(("119",)) == ("119",)


def test_the_own_number_comes_first_once():
    for code, row in danger.SIGNS.items():
        shown = [item.code for item in danger.numbers_of(code)]
        assert shown[0] == row.number
        assert len(set(shown)) == len(shown)


def test_an_instruction_names_its_own_number_and_only_numbers_it_shows():
    known = {code for code in danger.NUMBERS if len(code) <= 4}
    for code, row in danger.SIGNS.items():
        shown = {item.code for item in danger.numbers_of(code)}
        # « 15 minutes » is a length of time, not a number to call.
        text = re.sub(r"\d+ minutes", "", str(row.instruction))
        said = set(re.findall(r"\d{2,4}", text)) & known
        assert row.number in said, code
        assert said <= shown, code


def test_the_table_of_numbers_is_dated_sourced_and_callable():
    expected = {"15", "112", "114", "17", "18", "116117", "119"}
    expected |= {"3114", "3919", "3977", "3018", "0145425959"}
    assert set(danger.NUMBERS) == expected
    for code, row in danger.NUMBERS.items():
        assert row.tel == f"tel:{code}"
        assert re.sub(r"\D", "", row.label) == code
        assert row.source and row.checked_on and str(row.purpose) and str(row.service)
    assert danger.NUMBERS["114"].sms_link == "sms:114"
    assert danger.NUMBERS["15"].sms_link == ""
    flagged = {row.code: row.to_check for row in danger_numbers.numbers_to_check()}
    assert {"3018", "3919", "3977", "116117"} == set(flagged)
    assert "numéro" in flagged["3018"]


def test_an_operator_is_told_the_numbers_to_confirm():
    told = [
        message.msg
        for message in run_checks(include_deployment_checks=True)
        if message.id == "messagerie.I001"
    ]
    assert len(told) == len(danger_numbers.numbers_to_check()) > 0
    for row, sentence in zip(danger_numbers.numbers_to_check(), told, strict=True):
        assert row.label in sentence and row.to_check[0] in sentence


def test_the_largest_number_follows_a_fixed_order_of_lines():
    assert danger.primary_number(["RF07"]).code == "3114"
    assert danger.primary_number(["RF07", "RF01"]).code == "15"
    assert danger.primary_number(["RF19", "RF18"]).code == "18"
    assert danger.primary_number(["RF38", "RF20"]).code == "119"
    assert danger.primary_number([]).code == "15"
    own = {row.number for row in danger.SIGNS.values()}
    assert own <= set(danger.FIRST_NUMBER_ORDER)
    with pytest.raises(KeyError):
        danger.primary_number(["RF99"])


def test_answers_keep_the_order_of_the_page_and_say_no_elsewhere():
    answers = danger.validate_answers(["VIOLENCE", "RF07", "RESPIRATION"])
    assert answers.question_codes == ("RESPIRATION", "MORAL", "VIOLENCE")
    assert answers.sign_codes == ("RF07",)
    assert answers.pending_questions == ("RESPIRATION", "VIOLENCE")
    assert answers.declares_danger
    said_yes = [code for code, yes in answers.by_question() if yes]
    assert said_yes == ["RESPIRATION", "MORAL", "VIOLENCE"]
    assert len(answers.by_question()) == len(danger.QUESTIONS)


def test_none_of_these_signs():
    answers = danger.validate_answers([danger.NONE])
    assert not answers.declares_danger
    assert answers.pending_questions == ()
    assert not any(yes for _code, yes in answers.by_question())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ([], "EMPTY"),
        ([danger.NONE, "RF01"], "CONTRADICTION"),
        (["RF39"], "UNKNOWN"),
        (["rf01"], "UNKNOWN"),
        (["j'ai mal à la poitrine"], "UNKNOWN"),
        (["\x00"], "UNKNOWN"),
        (["RF01", "\ud800"], "UNKNOWN"),
    ],
)
def test_answers_outside_the_closed_lists_are_refused_in_french(raw, code):
    with pytest.raises(danger.DangerAnswerError) as refusal:
        danger.validate_answers(raw)
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")
    assert "poitrine" not in str(refusal.value)


MODULES = (danger, danger_numbers, danger_questions, danger_signs)


def test_no_function_takes_a_text_that_somebody_typed():
    """The reviewed list of what enters these modules: codes of closed lists, nothing else."""
    reviewed = {"code", "codes", "question_codes", "sign_codes", "raw", "self", "message"}
    builder_of_the_table = "_samu"
    for module in MODULES:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name == builder_of_the_table:
                    continue
                names = {argument.arg for argument in node.args.args + node.args.kwonlyargs}
                assert names <= reviewed, f"{module.__name__}.{node.name} : {names - reviewed}"


def test_nothing_reads_or_compares_text_and_nothing_grades_a_sign():
    reading = {"lower", "casefold", "search", "match", "findall", "split", "startswith", "find"}
    allowed = {"collections", "dataclasses", "datetime", "django", "messagerie"}
    for module in MODULES:
        tree = ast.parse(inspect.getsource(module))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                source = getattr(node, "module", None) or node.names[0].name
                assert source.split(".")[0] in allowed
            if isinstance(node, ast.Attribute):
                assert node.attr not in reading, f"{module.__name__} reads text: {node.attr}"
    grading = re.compile(r"severity|gravité|urgency|triage|score", re.IGNORECASE)
    fields = {*danger.Sign.__dataclass_fields__, *danger.Question.__dataclass_fields__}
    assert not [name for name in fields if grading.search(name)]
    for module in MODULES:
        names = [name for name in vars(module) if grading.search(name)]
        assert not names, module.__name__
        assert not re.search(r"severity|triage|\bvital\b|\burgent\b", inspect.getsource(module))
