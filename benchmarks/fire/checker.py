"""The checker: a history and a table in, every broken promise out. Pure, without a database.

The history is a list of events, one dict each, of any order (times in seconds of one clock):

    view    at conv who door    a page opens a conversation and shows nothing of it yet;
                                said again, the page was loaded again
    invoke  at conv who id sum  somebody presses « Envoyer »; `sum` stands for the text
    ok      at id [seq]         the page says that the line is kept
    fail    at id code          the page says that it will never be
    seen    at conv who id sum  a line appears on a page, below all others
    link    at who door up      a page has a link, or knows that it has none
    fault   kind start end door what was broken, until when; door: whose links, None for all

A line that nobody answered at the end is neither `ok` nor `fail`: nobody knows (unknown).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]

LIMIT = 10.0  # seconds, from the end of the last fault that covers a line
NOTICE = 45.0  # seconds in which a page must know that its half-open link is dead

LOST = "acknowledged, not in the table"
VANISHED = "sent, neither kept nor refused"
UNANSWERED = "kept, but its sender was never told"
REFUSED_BUT_KEPT = "refused for good, yet in the table"
DOUBLED_ROW = "twice in the table"
BAD_NUMBERS = "numbers of a conversation with a hole or a double"
WRONG_NUMBER = "acknowledged under another number than its own"
MOVED = "kept in another order than it was typed"
NEVER_READ = "in the table, never shown to a page"
SHOWN_TWICE = "shown twice on one page"
OUT_OF_ORDER = "shown below a later line"
HOLE = "a page showed lines around it, but not it"
PHANTOM = "shown, but not in the table"
ALTERED = "shown with another text"
LATE = f"shown more than {LIMIT:.0f} s after the last fault that covers it"
UNNOTICED = f"a half-open link not noticed within {NOTICE:.0f} s"
OF_TIME = frozenset({LATE, UNNOTICED})  # what a machine that is busy elsewhere may break too


@dataclass(frozen=True)
class Row:
    """One line of the table. `number` orders the lines of its conversation."""

    conversation: str
    number: int
    id: str


@dataclass
class Verdict:
    """What was counted, and the broken promises by kind, with the line or page of each."""

    invoked: int = 0
    acknowledged: int = 0
    refused: int = 0
    stored: int = 0
    shown: int = 0
    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    ack_delays: list[float] = field(default_factory=list)  # seconds, from `invoke`
    delays: list[float] = field(default_factory=list)  # seconds, faults taken off
    raw_delays: list[float] = field(default_factory=list)  # seconds, from `invoke`
    notices: list[float] = field(default_factory=list)  # seconds until a dead link was known

    @property
    def passed(self) -> bool:
        return not any(self.broken.values())

    @property
    def safe(self) -> bool:
        """Every line kept, shown once, in order; how fast is another question."""
        return not any(names for kind, names in self.broken.items() if kind not in OF_TIME)

    def count(self, *kinds: str) -> int:
        return sum(len(self.broken.get(kind, ())) for kind in kinds)


@dataclass
class Page:
    """What one page shows of one conversation, since it was loaded."""

    who: str
    conversation: str
    door: str | None
    lines: list[Event] = field(default_factory=list)


def check(history: Iterable[Event], rows: Iterable[Row], *, numbered: bool = True) -> Verdict:
    """Compare what people saw with what is kept.

    `numbered`: the numbers of a conversation must be 1, 2, 3… (the product promises it).
    """
    events = sorted(history, key=lambda event: float(event.get("at", 0)))
    by_kind: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_kind[event["e"]].append(event)
    table = Table(rows)
    verdict = Verdict(stored=len(table.ids))
    _check_table(verdict, table, numbered)
    _check_senders(verdict, by_kind, table, numbered)
    pages = list(_pages(events))
    for page, is_last in pages:
        _check_page(verdict, page, table, is_last=is_last)
    _check_delays(verdict, by_kind, pages, table)
    _check_notices(verdict, by_kind)
    return verdict


class Table:
    """The rows by conversation; the number of a line is its first, if it is there twice."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.of: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: row.number):
            self.of[row.conversation].append(row)
        self.ids = Counter(row.id for rows in self.of.values() for row in rows)
        self.number: dict[str, int] = {}
        for row in (row for rows in self.of.values() for row in rows):
            self.number.setdefault(row.id, row.number)


def _check_table(verdict: Verdict, table: Table, numbered: bool) -> None:
    verdict.broken[DOUBLED_ROW] += [id for id, times in table.ids.items() if times > 1]
    for conversation, rows in table.of.items():
        if numbered and [row.number for row in rows] != list(range(1, len(rows) + 1)):
            verdict.broken[BAD_NUMBERS].append(conversation)


def _check_senders(
    verdict: Verdict, by_kind: dict[str, list[Event]], table: Table, numbered: bool
) -> None:
    invoked = {event["id"]: event for event in by_kind["invoke"]}
    kept = {event["id"]: event for event in reversed(by_kind["ok"])}  # the first answer
    refused = {event["id"] for event in by_kind["fail"]}
    verdict.invoked, verdict.acknowledged = len(invoked), len(kept)
    verdict.refused = len(refused)
    for id, answer in kept.items():
        if id not in table.ids:
            verdict.broken[LOST].append(id)
        elif numbered and "seq" in answer and answer["seq"] != table.number[id]:
            verdict.broken[WRONG_NUMBER].append(id)
        if id in invoked:
            verdict.ack_delays.append(answer["at"] - invoked[id]["at"])
    for id in refused:
        if id in table.ids:
            verdict.broken[REFUSED_BUT_KEPT].append(id)
    for id in invoked.keys() - kept.keys() - refused:
        verdict.broken[UNANSWERED if id in table.ids else VANISHED].append(id)
    last: dict[tuple[str, str], int] = {}
    for event in by_kind["invoke"]:
        number = table.number.get(event["id"])
        writer = (event["conv"], event["who"])
        if number is not None:
            if number < last.get(writer, 0):
                verdict.broken[MOVED].append(event["id"])
            last[writer] = max(number, last.get(writer, 0))


def _pages(events: list[Event]) -> Iterator[tuple[Page, bool]]:
    """Every page in the order of its end, and whether it is the one that stayed to the end."""
    open_pages: dict[tuple[str, str], Page] = {}
    for event in events:
        key = (event.get("conv", ""), event.get("who", ""))
        if event["e"] == "view":
            if key in open_pages:
                yield open_pages[key], False
            open_pages[key] = Page(event["who"], event["conv"], event.get("door"))
        elif event["e"] == "seen":
            open_pages[key].lines.append(event)
    for page in open_pages.values():
        yield page, True


def _check_page(verdict: Verdict, page: Page, table: Table, *, is_last: bool) -> None:
    verdict.shown += len(page.lines)
    rows = table.of.get(page.conversation, [])
    place = {row.id: place for place, row in reversed(list(enumerate(rows)))}
    furthest, met = -1, set()
    for line in page.lines:
        where = f"{line['id']} on the page of {page.who}"
        if line["id"] not in place:
            verdict.broken[PHANTOM].append(where)
            continue
        if line["id"] in met:
            verdict.broken[SHOWN_TWICE].append(where)
            continue
        met.add(line["id"])
        if place[line["id"]] < furthest:
            verdict.broken[OUT_OF_ORDER].append(where)
        furthest = max(furthest, place[line["id"]])
    for row in rows if is_last else rows[: furthest + 1]:
        if row.id not in met:
            where = f"{row.id} on the page of {page.who}"
            verdict.broken[NEVER_READ if is_last else HOLE].append(where)
            met.add(row.id)


def _check_delays(
    verdict: Verdict,
    by_kind: dict[str, list[Event]],
    pages: list[tuple[Page, bool]],
    table: Table,
) -> None:
    """From pressing « Envoyer » to appearing, on each page of the conversation for the first time;
    the text must be the one that was typed."""
    invoked = {event["id"]: event for event in by_kind["invoke"]}
    doors = {(page.conversation, page.who): page.door for page, _ in pages}
    first: dict[tuple[str, str], Event] = {}
    for page, _ in pages:
        for line in page.lines:
            first.setdefault((line["id"], page.who), line)
    for (id, who), line in first.items():
        if id not in invoked or id not in table.ids:
            continue
        invoke = invoked[id]
        if line.get("sum") != invoke.get("sum"):
            verdict.broken[ALTERED].append(f"{id} on the page of {who}")
        concerned = {doors.get((line["conv"], who)), doors.get((line["conv"], invoke["who"]))}
        counted_from = excused_until(invoke["at"], by_kind["fault"], concerned)
        delay = max(0.0, line["at"] - counted_from)
        verdict.delays.append(delay)
        verdict.raw_delays.append(line["at"] - invoke["at"])
        if delay > LIMIT:
            verdict.broken[LATE].append(f"{id} on the page of {who}, {delay:.1f} s")


def excused_until(at: float, faults: Iterable[Event], doors: set[str | None]) -> float:
    """From when on the delay of a line is counted: the moment it was sent, or the end of the last
    fault that covers it. A fault that begins when the line is already late excuses nothing."""
    base = at
    for fault in sorted(faults, key=lambda fault: float(fault["start"])):
        concerns = fault.get("door") is None or fault["door"] in doors
        if concerns and fault["start"] <= base + LIMIT and fault["end"] > base:
            base = fault["end"]
    return base


def _check_notices(verdict: Verdict, by_kind: dict[str, list[Event]]) -> None:
    """Each page whose link was frozen while it was up must have known it in time."""
    for fault in by_kind["fault"]:
        if fault["kind"] != "half-open":
            continue
        up: dict[str, bool] = {}
        noticed: dict[str, float] = {}
        for event in by_kind["link"]:
            if event.get("door") != fault["door"]:
                continue
            if event["at"] <= fault["start"]:
                up[event["who"]] = event["up"]
            elif not event["up"]:
                noticed.setdefault(event["who"], event["at"] - fault["start"])
        for who in (who for who, linked in up.items() if linked):
            if noticed.get(who, NOTICE + 1) > NOTICE:
                verdict.broken[UNNOTICED].append(who)
            if who in noticed:
                verdict.notices.append(noticed[who])
