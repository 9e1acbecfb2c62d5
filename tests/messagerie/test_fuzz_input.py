"""Made-up input: no frame and no text gets anything but a typed answer."""

import json
import string
import unicodedata
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID, uuid4

import msgspec
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.template import engines
from hypothesis import given, settings
from hypothesis import strategies as st

from messagerie import frames
from messagerie.errors import RefusalCode, Refused
from messagerie.texts import MAX_BODY, MAX_COMBINING_RUN, MAX_SHORT, clean_text
from tests import factories
from tests.messagerie.bad_inputs import BAD_BODIES, GOOD_BODIES, bad_frames
from tests.messagerie.talking import apart, send
from tests.signing import session_of
from tests.sockets import Socket

CONVERSATION, LINE = uuid4(), uuid4()

# --- Texts: any character, lone surrogates and NUL included, the awkward ones more often

AWKWARD = st.sampled_from(
    "\x00\x01\t\n\r\x1b\x7f\x85\xa0\xad\u0301\u0316\u0327\u034f\u0958\u1100\u1161\u11a8\u115f\u200b"
    "\u200d\u200e\u2028\u202a\u202e\u2066\u2069\u2800\u3164\ufeff\ufffd\uffff\ud83d\ude00"
    "\U0001f468\U0001fae8\U000e0041\U0010ffffe'\"<&"
)
ANY = st.characters(codec=None)
TEXTS = st.one_of(
    st.text(ANY, max_size=60),
    st.text(AWKWARD, max_size=60),
    st.text(st.one_of(AWKWARD, ANY), max_size=60),
    st.sampled_from([body for body, *_ in [*BAD_BODIES.values(), *GOOD_BODIES.values()]]),
)


@settings(max_examples=600)
@given(TEXTS)
def test_a_text_is_kept_clean_or_refused(raw):
    try:
        text = clean_text(raw)
    except Refused as refused:
        assert refused.code in (RefusalCode.EMPTY, RefusalCode.TOO_LONG, RefusalCode.UNREADABLE)
        assert refused.sentence.startswith("Votre message") and not refused.retry
        return
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip() and 0 < len(text) <= MAX_BODY
    assert text.encode()  # no lone surrogate
    assert all(char in "\n\t" or unicodedata.category(char) != "Cc" for char in text)
    marks = "".join("M" if unicodedata.category(char)[0] == "M" else "." for char in text)
    assert "M" * (MAX_COMBINING_RUN + 1) not in marks
    assert clean_text(text) == text


@given(TEXTS)
def test_a_name_gives_no_order_of_direction(raw):
    try:
        name = clean_text(raw, limit=MAX_SHORT)
    except Refused:
        return
    assert not set(name) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean_text(name, limit=MAX_SHORT) == name


@settings(max_examples=600)
@given(TEXTS)
def test_what_is_lost_is_nothing_that_a_person_wrote(raw):
    """Letters and digits come through: cleaning takes controls, blanks at the ends, marks."""

    def letters(text: str) -> list[str]:
        apart = unicodedata.normalize("NFD", text)
        return [char for char in apart if unicodedata.category(char)[0] in "LNPS"]

    try:
        text = clean_text(raw)
    except Refused:
        return
    assert letters(text) == letters(raw)


@settings(max_examples=600)
@given(TEXTS)
def test_what_is_kept_comes_back_through_frame_and_page(raw):
    try:
        text = clean_text(raw)
    except Refused:
        return
    assert json.loads(frames.encode({"body": text})) == {"body": text}
    page = engines["django"].from_string("<div>{{ body|linebreaksbr }}</div>")
    shown = page.render({"body": text}).removeprefix("<div>").removesuffix("</div>")
    assert "<" not in shown.replace("<br>", "")
    read = unescape(shown.replace("<br>", "\n"))
    # A page cannot show what is no character of HTML; it shows nothing of it, and all the rest.
    assert read == text or any(_is_no_character(char) for char in text)


def _is_no_character(char: str) -> bool:
    return 0xFDD0 <= ord(char) <= 0xFDEF or ord(char) & 0xFFFE == 0xFFFE


@pytest.mark.django_db
def test_postgresql_keeps_what_is_kept():
    """Bodies are sealed before; other texts go there as they are."""

    @given(st.lists(TEXTS, min_size=1, max_size=20))
    def keeps(raws):
        texts = []
        for raw in raws:
            try:
                texts.append(clean_text(raw))
            except Refused:
                continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text[], %s::jsonb", [texts, json.dumps(texts)])
            found, parsed = cursor.fetchone()
        assert found == texts
        assert (json.loads(parsed) if isinstance(parsed, str) else parsed) == texts

    keeps()


# --- Frames: any text

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([-1, 0, 1, 2**31 - 1, 2**31, 2**63, 2**64, 10**30, 10**400]),
        st.floats(),
        st.text(st.one_of(AWKWARD, ANY), max_size=10),
        st.sampled_from([str(CONVERSATION), str(LINE), CONVERSATION.hex, "ping", "send", "watch"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["t", "conversation", "id", "body", "cursor", "seq", "opened", "epoch", "x"])
SKELETONS: list[dict[str, object]] = [
    {"t": "watch", "conversation": str(CONVERSATION), "cursor": 0},
    {"t": "watch", "conversation": str(CONVERSATION), "cursor": 3, "epoch": "0123456789abcdef"},
    {"t": "unwatch", "conversation": str(CONVERSATION)},
    {"t": "send", "conversation": str(CONVERSATION), "id": str(LINE), "body": 'J\'ai "mal".'},
    {"t": "seen", "conversation": str(CONVERSATION), "seq": 1, "opened": True},
    {"t": "seen", "conversation": str(CONVERSATION), "seq": 1},
    {"t": "typing", "conversation": str(CONVERSATION)},
    {"t": "queue"},
    {"t": "ping"},
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A frame of ours with keys changed, dropped, added or said twice; sometimes cut."""
    pairs = list(draw(st.sampled_from(SKELETONS)).items())
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3]))):
        place = draw(st.integers(0, len(pairs)))
        match draw(st.sampled_from(["value", "drop", "add", "twice", "key"])):
            case "value" if place < len(pairs):
                pairs[place] = (pairs[place][0], draw(JSON))
            case "key" if place < len(pairs):
                pairs[place] = (draw(KEYS), pairs[place][1])
            case "drop" if place < len(pairs):
                del pairs[place]
            case "twice" if place < len(pairs):
                pairs.append(pairs[place])
            case _:
                pairs.insert(place, (draw(KEYS), draw(JSON)))
    said = ",".join(f"{_spelt(draw, key)}:{json.dumps(value)}" for key, value in pairs)
    text = f"{{{said}}}"
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))] + draw(st.text(ANY, max_size=3))
    return text


def _spelt(draw: st.DrawFn, key: str) -> str:
    """A key as JSON, now and then by its numbers."""
    if draw(st.integers(0, 9)) == 0:
        return '"' + "".join(f"\\u{ord(char):04x}" for char in key) + '"'
    return json.dumps(key)


def decoded(text: str | None) -> frames.Frame | None:
    try:
        return frames.decode(text)
    except frames.BadFrame as bad:
        assert str(bad).startswith("Un ")
        return None


@settings(max_examples=600)
@given(
    st.one_of(
        st.none(),
        st.text(ANY),
        st.text(st.sampled_from(string.punctuation + "0123456789eEtfn\\u \n")),
        st.builds(json.dumps, JSON),
        st.binary().map(lambda raw: raw.decode("latin-1")),
        mutated(),
    )
)
def test_any_text_is_a_frame_or_a_bad_frame(text):
    decoded(text)


@settings(max_examples=600)
@given(mutated())
def test_a_frame_is_taken_only_when_every_reader_takes_it_alike(text):
    """Against a slow and simple reading: each key once, exactly our keys, exactly their types."""
    frame = decoded(text)
    try:
        pairs = json.loads(text, object_pairs_hook=list, parse_constant=_none_such)
    except ValueError:
        assert frame is None
        return
    keys = [key for key, _ in pairs]
    if frame is None:
        return
    assert len(keys) == len(set(keys))
    said = dict(pairs)
    assert said.pop("t") == type(frame).__struct_config__.tag
    assert set(said) <= set(frame.__struct_fields__)
    for name, value in said.items():
        kept = getattr(frame, name)
        assert kept == (UUID(value) if isinstance(kept, UUID) else value)
        assert type(kept) is type(value) or isinstance(kept, UUID)


def _none_such(name: str) -> None:
    raise ValueError(name)


@pytest.mark.parametrize("frame", SKELETONS, ids=lambda frame: frame["t"])
def test_our_own_frames_are_taken_however_they_are_spelt(frame):
    plain = decoded(json.dumps(frame))
    assert plain is not None
    assert decoded(json.dumps(frame, indent=2)) == plain
    assert decoded(json.dumps(dict(reversed(frame.items())))) == plain
    assert decoded(msgspec.json.encode(frame).decode()) == plain


def test_every_frame_of_the_catalogue_is_bad():
    for text in bad_frames(CONVERSATION).values():
        assert decoded(text) is None


# --- Frames through the application


@pytest.fixture
async def page(transactional_db, territory, monkeypatch) -> AsyncIterator[Socket]:
    monkeypatch.setattr(django_settings, "MESSAGE_RATE_PER_SECOND", 100_000)
    monkeypatch.setattr(django_settings, "MESSAGE_RATE_BURST", 100_000)

    def prepare() -> tuple[str, UUID]:
        factories.open_region()
        lucie = factories.professional(factories.StructureFactory(), first_name="Lucie")
        talk = factories.taken_conversation(lucie, factories.patient())
        return session_of(lucie), talk.pk

    session, talk = await apart(prepare)()
    socket = Socket(session)
    assert await socket.open()
    assert (await socket.hear())["t"] == "hello"
    socket.talk = talk
    yield socket
    await socket.close()


ANSWERS = {"error", "nack", "ack", "line", "state", "queue", "pong", "typing"}


async def test_mutated_frames_through_the_socket(page):
    """Hundreds on one socket: each is answered by a typed frame or by nothing, as the protocol
    says, and after each a line is acknowledged."""
    made: list[str] = []

    @settings(max_examples=300)
    @given(mutated())
    def collect(text):
        made.append(text.replace(str(CONVERSATION), str(page.talk)))

    collect()
    codes = set()
    for text in made:
        bad = decoded(text) is None
        await page.say(text)
        line = send(page.talk)
        await page.say(line)
        heard = [await page.hear()]
        while heard[-1].get("id") != line["id"] or heard[-1]["t"] == "line":
            heard.append(await page.hear())
        assert heard[-1]["t"] == "ack"
        assert {one["t"] for one in heard} <= ANSWERS
        assert not bad or any(one.get("code") == "BAD_FRAME" for one in heard)
        codes |= {one["code"] for one in heard if "code" in one}
        assert "BUSY" not in codes
    assert codes >= {"BAD_FRAME"}
