"""The bench's patches still find what they switch off; a patch of nothing would cost nothing."""

import pytest

from benchmarks.messages import guarantees


@pytest.mark.parametrize("guarantee", guarantees.GUARANTEES, ids=lambda one: one.name)
def test_every_guarantee_can_be_switched_off(guarantee, monkeypatch):
    swapped = []

    def swap_back_later(module, name, other):
        assert getattr(module, name) is not other
        monkeypatch.setattr(module, name, other)
        swapped.append(name)

    monkeypatch.setattr(guarantees, "swap", swap_back_later)
    guarantee.patch()
    assert swapped or guarantee.environment
    assert guarantees.named(guarantee.name) is guarantee


def test_a_name_that_has_gone_is_an_error():
    with pytest.raises(AttributeError):
        guarantees.swap(guarantees, "no_such_name", None)
    assert not hasattr(guarantees, "no_such_name")
