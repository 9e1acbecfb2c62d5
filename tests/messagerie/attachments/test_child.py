"""The child that writes files anew holds its limits, and is believed in nothing."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from messagerie.attachments import workshop
from messagerie.attachments.anew import PAGE_PIXELS
from messagerie.attachments.kinds import JPEG
from messagerie.attachments.workshop import write_anew
from messagerie.errors import Refused
from tests.messagerie.attachments import samples


def refusal_of(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        write_anew(content)
    return caught.value


@pytest.mark.parametrize("box", [b"0 0 14400 14400", b"0 0 1e9 1e9", b"0 0 3000000 10"])
def test_an_immense_page_costs_no_more_than_another(box):
    try:
        anew = write_anew(samples.pdf_with_pages(1, box))
    except Refused as refused:
        assert refused.code in {"FILE_UNREADABLE", "FILE_TOO_HEAVY"}
    else:
        assert anew.width * anew.height <= PAGE_PIXELS * 1.01


def test_twenty_pages_pass():
    assert write_anew(samples.pdf_with_pages(20)).pages == 20


def test_a_page_that_never_ends_is_stopped():
    """300 MB of drawing orders: memory or processor runs out in the child, not here."""
    refused = refusal_of(samples.stream_bomb_pdf())
    assert refused.code in {"FILE_TOO_HEAVY", "FILE_UNREADABLE"}
    assert not refused.retry


def child(code: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    """Run code in the child's own conditions, after its module is read."""
    program = Path(workshop.PROGRAM).read_text().replace('if __name__ == "__main__":', "if False:")
    return subprocess.run(
        [workshop.sys.executable, "-I", "-c", program + "\n" + code],
        capture_output=True,
        env={},
        **options,
    )


def test_the_child_holds_its_memory():
    done = child(
        "limit_myself()\ntry:\n    bytearray(600 * 1024**2)\nexcept MemoryError: print('no')"
    )
    assert done.stdout == b"no\n"


def test_the_child_holds_its_processor():
    done = child("import resource\nCPU_SECONDS = 1\nlimit_myself()\nwhile True: pass", timeout=30)
    assert done.returncode == -signal.SIGXCPU


def test_the_child_opens_nothing_once_it_has_read():
    done = child(
        "import socket\nlimit_myself()\nclose_the_doors()\n"
        "for act in (lambda: open('/etc/hostname'), lambda: socket.socket(),\n"
        "            lambda: open('/tmp/x', 'w')):\n"
        "    try: act()\n"
        "    except OSError as error: print(error.errno)\n"
    )
    assert done.stdout.split() == [b"24"] * 3


def test_the_child_is_told_nothing_of_the_service(monkeypatch, tmp_path):
    """No environment: neither the address of a database nor a secret."""
    spy = tmp_path / "spy.py"
    spy.write_text("import os, sys; sys.stdout.write(repr(dict(os.environ)))")
    monkeypatch.setenv("SENTINELLE", "secret")
    monkeypatch.setattr(workshop, "PROGRAM", spy)
    answer, status = workshop._run(JPEG, b"")
    assert status == 0
    assert b"SENTINELLE" not in answer and b"DATABASE" not in answer and b"KEY" not in answer


def in_place_of_the_child(monkeypatch, tmp_path, code: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(code)
    monkeypatch.setattr(workshop, "PROGRAM", program)


def test_a_child_killed_midway_is_worth_another_try(monkeypatch, tmp_path):
    in_place_of_the_child(
        monkeypatch, tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    refused = refusal_of(samples.jpeg())
    assert (refused.code, refused.status, refused.retry) == ("BUSY", 503, True)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "print('bonjour')",
        "import sys; sys.exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2{}')",
        "import sys; sys.stdout.buffer.write(b'\\xff\\xff\\xff\\xff{}')",
        'import sys; sys.stdout.buffer.write(b\'\\0\\0\\0\\x14{"refused": "AUTRE!"}\')',
    ],
    ids=["mute", "text", "exit", "crash", "no header", "long header", "unknown code"],
)
def test_a_child_that_says_anything_else_is_not_believed(monkeypatch, tmp_path, code):
    in_place_of_the_child(monkeypatch, tmp_path, code)
    assert refusal_of(samples.jpeg()).code == "FILE_UNREADABLE"


def test_a_child_taken_over_cannot_fill_the_memory(monkeypatch, tmp_path):
    in_place_of_the_child(
        monkeypatch,
        tmp_path,
        "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 1024**2)",
    )
    assert refusal_of(samples.jpeg()).code == "FILE_TOO_HEAVY"


def test_a_child_that_waits_is_stopped(monkeypatch, tmp_path):
    in_place_of_the_child(monkeypatch, tmp_path, "import time; time.sleep(600)")
    monkeypatch.setattr(workshop, "WALL_SECONDS", 0.5)
    assert refusal_of(samples.jpeg()).code == "FILE_TOO_HEAVY"


def test_a_page_instead_of_an_image_is_not_believed(monkeypatch, tmp_path):
    """A child taken over answers with a page that calls itself a photo."""
    in_place_of_the_child(
        monkeypatch,
        tmp_path,
        "import json, struct, sys\n"
        "file, preview = b'<html>', b'\\xff\\xd8\\xff'\n"
        "head = json.dumps({'media': 'image/jpeg', 'width': 1, 'height': 1, 'pages': None,\n"
        "                   'file': 6, 'preview': 3}).encode()\n"
        "sys.stdout.buffer.write(struct.pack('>I', len(head)) + head + file + preview)",
    )
    assert refusal_of(samples.jpeg()).code == "FILE_UNREADABLE"


def test_only_a_few_children_at_once(monkeypatch, settings):
    """With every place taken, the next one is told to try again, and later passes."""
    settings.ATTACHMENTS_AT_ONCE = 2
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 0.2)
    with workshop.places.one(1), workshop.places.one(2):
        refused = refusal_of(samples.jpeg())
        assert (refused.code, refused.retry, refused.after) == ("BUSY", True, 3)
    assert write_anew(samples.jpeg()).media == JPEG


def test_one_person_takes_one_place(monkeypatch, settings):
    settings.ATTACHMENTS_AT_ONCE = 2
    monkeypatch.setattr(workshop, "WAIT_SECONDS", 0.2)
    with workshop.places.one(1):
        with pytest.raises(Refused) as refused, workshop.places.one(1):
            pass
        assert refused.value.code == "BUSY"
        with workshop.places.one(2):  # somebody else is not held up
            pass


def test_a_place_that_gets_free_is_given(settings):
    settings.ATTACHMENTS_AT_ONCE = 1
    waiting, passed = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with workshop.places.one(2):
            passed.set()

    with workshop.places.one(1):
        other = threading.Thread(target=wait)
        other.start()
        waiting.wait(30)
        assert not passed.is_set()
    other.join(30)
    assert passed.is_set()


def test_no_child_stays_behind():
    write_anew(samples.jpeg())
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True)
    assert b"anew.py" not in listed.stdout
