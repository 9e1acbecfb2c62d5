"""The two halves of bin/test: whoever fails, the whole run fails, and what both said is shown."""

import subprocess
import sys

import pytest

from config.start import test as start


@pytest.mark.parametrize(
    ("journeys", "others", "whole"), [(0, 0, 0), (1, 0, 1), (0, 2, 2), (3, 2, 3)]
)
def test_one_half_that_fails_fails_the_run(monkeypatch, tmp_path, capfd, journeys, others, whole):
    codes = {"browser": journeys, "not browser": others}

    def half(arguments, output=None):
        code = f"print('half: {arguments[1]}'); raise SystemExit({codes[arguments[1]]})"
        return subprocess.Popen([sys.executable, "-c", code], stdout=output, stderr=output)

    monkeypatch.setattr(start, "_pytest", half)
    monkeypatch.setattr(start, "CHECKOUT", tmp_path)
    assert start._side_by_side(tmp_path / "var" / "others.txt") == whole
    said = capfd.readouterr().out
    assert "half: browser" in said and "half: not browser" in said
