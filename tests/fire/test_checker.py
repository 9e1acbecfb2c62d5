"""The checker finds each defect in a history made by hand, and nothing in a sound one."""

import pytest

from benchmarks.fire import checker
from benchmarks.fire.checker import Row, check

PAGES = ("patient", "pro")


def view(who: str, at: float = 0.0, door: str = "main") -> dict:
    return {"e": "view", "at": at, "conv": "c", "who": who, "door": door}


def invoke(id: str, at: float, who: str = "patient") -> dict:
    return {"e": "invoke", "at": at, "conv": "c", "who": who, "id": id, "sum": 1}


def ok(id: str, at: float, **more: object) -> dict:
    return {"e": "ok", "at": at, "id": id} | more


def seen(id: str, at: float, who: str, text: int = 1) -> dict:
    return {"e": "seen", "at": at, "conv": "c", "who": who, "id": id, "sum": text}


def fault(start: float, end: float, kind: str = "postgres", door: str | None = None) -> dict:
    return {"e": "fault", "at": start, "kind": kind, "start": start, "end": end, "door": door}


def link(who: str, at: float, up: bool, door: str = "half") -> dict:
    return {"e": "link", "at": at, "who": who, "door": door, "up": up}


def talk(*ids: str) -> list[dict]:
    """Lines sent one second apart, kept and shown everywhere at once."""
    history = [view(who) for who in PAGES]
    for second, id in enumerate(ids, start=1):
        history += [invoke(id, second), ok(id, second + 0.1, seq=second)]
        history += [seen(id, second + 0.2, who) for who in PAGES]
    return history


def kept(*ids: str) -> list[Row]:
    return [Row("c", number, id) for number, id in enumerate(ids, start=1)]


def without(history: list[dict], kind: str, id: str, who: str | None = None) -> list[dict]:
    return [
        event
        for event in history
        if not (event["e"] == kind and event["id"] == id and who in (None, event.get("who")))
    ]


def broken(history: list[dict], rows: list[Row], **more: bool) -> dict[str, int]:
    found = check(history, rows, **more).broken
    return {kind: len(names) for kind, names in found.items() if names}


def test_a_sound_history_passes():
    verdict = check(talk("a", "b", "c"), kept("a", "b", "c"))
    assert verdict.passed
    assert (verdict.invoked, verdict.acknowledged, verdict.stored, verdict.shown) == (3, 3, 3, 6)
    assert verdict.delays == pytest.approx([0.2] * 6)
    assert verdict.ack_delays == pytest.approx([0.1] * 3)


def test_the_order_of_the_file_does_not_matter():
    assert check(list(reversed(talk("a", "b"))), kept("a", "b")).passed


def test_acknowledged_but_not_stored_is_lost():
    history = without(talk("a", "b"), "seen", "b")
    assert broken(history, kept("a")) == {checker.LOST: 1}


def test_sent_and_never_answered_is_vanished():
    history = without(without(talk("a", "b"), "seen", "b"), "ok", "b")
    assert broken(history, kept("a")) == {checker.VANISHED: 1}


def test_kept_without_telling_the_sender():
    assert broken(without(talk("a"), "ok", "a"), kept("a")) == {checker.UNANSWERED: 1}


def test_refused_for_good_is_no_defect_unless_it_is_kept():
    history = [*talk("a"), invoke("b", 5), {"e": "fail", "at": 6, "id": "b", "code": "CLOSED"}]
    assert broken(history, kept("a")) == {}
    for who in PAGES:
        history.append(seen("b", 7, who))
    assert broken(history, kept("a", "b")) == {checker.REFUSED_BUT_KEPT: 1}


def test_never_read_on_one_page():
    history = without(talk("a", "b"), "seen", "b", "pro")
    assert broken(history, kept("a", "b")) == {checker.NEVER_READ: 1}


def test_shown_twice():
    assert broken([*talk("a"), seen("a", 9, "pro")], kept("a")) == {checker.SHOWN_TWICE: 1}


def test_twice_in_the_table_breaks_numbers_or_not_as_asked():
    rows = [Row("c", 1, "a"), Row("c", 2, "a")]
    assert broken(talk("a"), rows) == {checker.DOUBLED_ROW: 1}
    rows = [Row("c", 1, "a"), Row("c", 1, "b")]
    assert broken(talk("a", "b"), rows)[checker.BAD_NUMBERS] == 1
    assert checker.BAD_NUMBERS not in broken(talk("a", "b"), rows, numbered=False)


def test_a_missing_number():
    rows = [Row("c", 1, "a"), Row("c", 3, "b")]
    found = broken(talk("a", "b"), rows)
    assert found == {checker.BAD_NUMBERS: 1, checker.WRONG_NUMBER: 1}
    assert broken(talk("a", "b"), rows, numbered=False) == {}


def test_shown_below_a_later_line():
    history = without(talk("a", "b"), "seen", "a", "pro")
    assert broken([*history, seen("a", 9, "pro")], kept("a", "b")) == {checker.OUT_OF_ORDER: 1}


def test_a_hole_that_loading_the_page_again_repairs_is_a_hole_all_the_same():
    history = without(talk("a", "b", "c"), "seen", "b", "pro")
    history += [view("pro", 8), *(seen(id, 9, "pro") for id in "abc")]
    assert broken(history, kept("a", "b", "c")) == {checker.HOLE: 1}


def test_a_page_loaded_again_may_show_the_same_lines():
    history = [*talk("a", "b"), view("pro", 8), seen("a", 9, "pro"), seen("b", 9, "pro")]
    assert broken(history, kept("a", "b")) == {}


def test_shown_but_never_kept():
    assert broken([*talk("a"), seen("x", 9, "pro")], kept("a")) == {checker.PHANTOM: 1}


def test_shown_with_another_text():
    history = [*without(talk("a"), "seen", "a", "pro"), seen("a", 2, "pro", text=2)]
    assert broken(history, kept("a")) == {checker.ALTERED: 1}


def test_lines_of_one_person_that_swapped():
    history = [view(who) for who in PAGES]
    for at, id in ((1, "a"), (2, "b")):
        history += [invoke(id, at), ok(id, 3)]
    history += [seen(id, 4, who) for id in "ba" for who in PAGES]
    assert broken(history, kept("b", "a")) == {checker.MOVED: 1}


def test_a_late_line_and_the_faults_that_excuse_it():
    history = without(talk("a"), "seen", "a", "pro") + [seen("a", 20, "pro")]
    assert broken(history, kept("a")) == {checker.LATE: 1}
    assert broken([*history, fault(5, 12)], kept("a")) == {}
    assert broken([*history, fault(5, 12, door="main")], kept("a")) == {}
    assert broken([*history, fault(5, 12, door="half")], kept("a")) == {checker.LATE: 1}
    # It was late already when this one began.
    assert broken([*history, fault(11.5, 19)], kept("a")) == {checker.LATE: 1}
    # Two faults in a row, each within the time that the line had left.
    assert check([*history, fault(5, 6), fault(14, 19)], kept("a")).delays[-1] == 1


def test_a_half_open_link_must_be_noticed():
    history = [link("p1", 0, True), link("p2", 0, True), link("p3", 0, False)]
    history += [link("other", 0, True, door="main"), fault(10, 50, "half-open", "half")]
    history += [link("p1", 39, False), link("p2", 60, False), link("p3", 60, True)]
    verdict = check(history, [])
    assert verdict.broken[checker.UNNOTICED] == ["p2"]
    assert verdict.notices == [29, 50]
