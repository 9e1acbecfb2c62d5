"""What no honest page sends: frames that cannot be read, bodies that are no text, and odd ones."""

from uuid import UUID

HALF = "\\ud83d"  # half of a character, as JSON spells it
RIGHT_TO_LEFT = "\u202e"

# Name: what is typed, the code of its refusal, the HTTP status.
BAD_BODIES: dict[str, tuple[str, str, int]] = {
    "nothing": ("", "EMPTY", 400),
    "blanks": (" \t\r\n\u00a0\u3000", "EMPTY", 400),
    "zero-width": ("\u200b\u200c\u200d\u2060\ufeff", "EMPTY", 400),
    "only directions": ("\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069", "EMPTY", 400),
    "only control characters": ("\x01\x02\x1b\x7f\x85\x9b", "EMPTY", 400),
    "blanks that are letters": ("\u2800\u3164\uffa0\u115f\u1160", "EMPTY", 400),
    "only marks": ("\u0301\u0327\u20dd", "EMPTY", 400),
    "only tags and selectors": ("\U000e0041\U000e007f\ufe0f", "EMPTY", 400),
    "not a character": ("\uffff\U0010ffff\ufdd0", "EMPTY", 400),
    "NUL": ("a\x00b", "UNREADABLE", 400),
    "only NUL": ("\x00", "UNREADABLE", 400),
    "half of a character": ("\ud83d", "UNREADABLE", 400),
    "the other half": ("un \ude00 mot", "UNREADABLE", 400),
    "halves the wrong way round": ("un \ude00\ud83d mot", "UNREADABLE", 400),
    "one character too many": ("é" * 5001, "TOO_LONG", 413),
    "too long once composed": ("\u0958" * 2501, "TOO_LONG", 413),
    "far too long": ("x" * 20_001, "TOO_LONG", 413),
}

# Name: what is typed, what is kept of it.
GOOD_BODIES: dict[str, tuple[str, str]] = {
    "a formula": ('=HYPERLINK("http://x")', '=HYPERLINK("http://x")'),
    "mark-up": ("<script>alert(1)</script>&lt;{{ 1 }}", "<script>alert(1)</script>&lt;{{ 1 }}"),
    "JSON": ('{"t":"ping","t":"ping"}', '{"t":"ping","t":"ping"}'),
    "backslashes": ('\\\\" \\u0000 \\', '\\\\" \\u0000 \\'),
    "SQL": ("'; DROP TABLE x; -- %s %(a)s", "'; DROP TABLE x; -- %s %(a)s"),
    "the other way round": (f"{RIGHT_TO_LEFT}abc", f"{RIGHT_TO_LEFT}abc"),
    "Arabic": ("عندي ألم في الصدر", "عندي ألم في الصدر"),
    "a family": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f466",
        "\U0001f468\u200d\U0001f469\u200d\U0001f466",
    ),
    "a young emoji": ("\U0001fae8", "\U0001fae8"),
    "letters apart": ("cafe\u0301", "caf\u00e9"),
    "apart, and a bell between": ("cafe\x07\u0301", "caf\u00e9"),
    "too many marks": ("e" + "\u0316" * 200 + "f", "e" + "\u0316" * 4 + "f"),
    "ends of line": ("a\r\nb\rc\u2028d", "a\nb\nc\u2028d"),
    "control characters": ("a\x01\x1b[31mb\x9b", "a[31mb"),
    "the longest": ("é" * 5000, "é" * 5000),
}


def bad_frames(conversation: UUID) -> dict[str, str]:
    """Frames that are refused as BAD_FRAME. A name that begins with « json » is readable JSON."""
    talk = f'"conversation":"{conversation}"'
    line = '"id":"0b5c8a1e-5a52-4a35-9c3c-9c4f0a0e7f11"'
    number = {
        "NaN": "NaN",
        "Infinity": "Infinity",
        "-Infinity": "-Infinity",
        "1e400": "1e400",
        "10^30": str(10**30),
        "5,000 digits": "9" * 5000,
        "true": "true",
        "null": "null",
        "a text": '"1"',
        "a part": "1.5",
        "2.0": "2.0",
        "minus": "-1",
        "2^31": str(2**31),
        "leading zero": "01",
        "hexadecimal": "0x1",
        "a list": "[1]",
        "an object": "{}",
    }
    texts = {"5": "5", "true": "true", "null": "null", "list": "[]", "object": "{}", "NaN": "NaN"}
    return (
        {
            f"{kind} {key}: {name}": f'{{"t":"{kind}",{talk},"{key}":{value}}}'
            for kind, key in (("watch", "cursor"), ("seen", "seq"))
            for name, value in number.items()
        }
        | {
            f"body: {name}": f'{{"t":"send",{talk},{line},"body":{value}}}'
            for name, value in texts.items()
        }
        | {
            f"conversation: {name}": f'{{"t":"typing","conversation":{value}}}'
            for name, value in (texts | {"empty": '""', "a path": '"../../x"'}).items()
        }
        | {f"t: {name}": f'{{"t":{value}}}' for name, value in texts.items()}
        | {
            "nothing": "",
            "blanks": "  \r\n",
            "not JSON": "bonjour",
            "half of JSON": '{"t":"ping"',
            "two frames": '{"t":"ping"}{"t":"ping"}',
            "a comma too many": '{"t":"ping",}',
            "a comment": '{"t":"ping"}//',
            "quotes of Python": "{'t':'ping'}",
            "a byte order mark": '\ufeff{"t":"ping"}',
            "a control character": '{"t":"pi\tng"}',
            "NUL": '{"t":"ping"}\x00',
            "json: null": "null",
            "json: true": "true",
            "json: a number": "12",
            "json: a text": '"ping"',
            "json: a list": '[{"t":"ping"}]',
            "json: an empty list": "[]",
            "json: an empty object": "{}",
            "json: no kind": f'{{{talk},"cursor":0}}',
            "json: an unknown kind": '{"t":"drop"}',
            "json: a kind in capitals": '{"t":"PING"}',
            "json: a key too many": '{"t":"ping","more":1}',
            "json: a proto": '{"t":"ping","__proto__":{"t":"send"}}',
            "json: no conversation": '{"t":"watch","cursor":0}',
            "json: no id": f'{{"t":"send",{talk},"body":"a"}}',
            "json: no body": f'{{"t":"send",{talk},{line}}}',
            "json: no seq": f'{{"t":"seen",{talk}}}',
            "json: opened is a number": f'{{"t":"seen",{talk},"seq":1,"opened":1}}',
            "json: an epoch that is a number": f'{{"t":"watch",{talk},"epoch":1}}',
            "json: an id of another shape": f'{{"t":"send",{talk},"id":"1","body":"a"}}',
            "json: the kind twice": '{"t":"ping","t":"ping"}',
            "json: the kind twice, spelt otherwise": '{"t":"ping","\\u0074":"ping"}',
            "json: two kinds": '{"t":"queue","t":"ping"}',
            "json: the body twice": f'{{"t":"send",{talk},{line},"body":"a","body":"b"}}',
            "json: the body twice, one half a character": (
                f'{{"t":"send",{talk},{line},"body":"{HALF}","body":"b"}}'
            ),
            "json: the number twice": f'{{"t":"seen",{talk},"seq":1,"seq":2}}',
            "json: the conversation twice": f'{{"t":"unwatch",{talk},{talk}}}',
            "json: opened twice": f'{{"t":"seen",{talk},"seq":1,"opened":true,"opened":false}}',
            "json: half a character in a key": f'{{"t":"ping","{HALF}":1}}',
            "json: half a character in the kind": f'{{"t":"ping{HALF}"}}',
            "json: half a character in an id": f'{{"t":"send",{talk},"id":"{HALF}","body":"a"}}',
            "json: half a character beside NaN": f'{{"t":"ping","{HALF}":NaN}}',
            "deep lists": "[" * 30_000,
            "deep lists, with half a character": "[" * 30_000 + f'"{HALF}',
            "deep objects": '{"t":' * 6_000,
            "deep in a key": f'{{"t":"ping","more":{"[" * 10_000}{"]" * 10_000}}}',
            "deeper and longer than the limit": "[" * 60_000,
            "longer than the limit": '{"t":"ping"}' + " " * 40_000,
        }
    )
