"""The embedded provider: the contract of all, then what a file alone must hold."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest
from django.conf import settings

from comptes.keys.embedded import EmbeddedKeyProvider
from comptes.keys.provider import KeyProvider
from tests.comptes.keys.provider_contract import KEY, ProviderContract

pytestmark = pytest.mark.django_db


class TestEmbedded(ProviderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.path = tmp_path / "cles" / "maitresses.json"

    def open(self) -> KeyProvider:
        return EmbeddedKeyProvider(self.path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "maitresses.json"


def test_a_renewed_file_is_still_for_its_owner_alone(path):
    provider = EmbeddedKeyProvider(path)
    provider.renew()
    provider.destroy(1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], "no draft is left"


def test_what_a_killed_renewal_left_aside_is_removed(path):
    """A draft holds master keys: it must not stay."""
    provider = EmbeddedKeyProvider(path)
    draft = path.with_name(f"{path.name}.0123456789abcdef.new")
    draft.write_text("{", encoding="ascii")
    provider.renew()
    assert not draft.exists()


@pytest.mark.parametrize("spoil", ["mode", "half", "gone"])
def test_a_file_that_cannot_be_taken_does_not_stop_the_keys_at_hand(path, spoil):
    provider = EmbeddedKeyProvider(path)
    wrapped = provider.wrap(KEY)
    if spoil == "gone":
        path.unlink()
    else:
        path.write_text("{" if spoil == "half" else path.read_text(), encoding="ascii")
        path.chmod(0o644 if spoil == "mode" else 0o600)
    assert provider.unwrap(*wrapped) == KEY
    health = provider.health()
    assert not health.is_well
    assert ("chmod 600" in health.problem) == (spoil == "mode")


def test_killed_at_any_moment_of_a_renewal_the_file_is_whole(path):
    """A process renews without end and is killed: the file always opens what was wrapped."""
    EmbeddedKeyProvider(path)
    code = (
        "import sys, pathlib, django; django.setup()\n"
        "from comptes.keys.embedded import EmbeddedKeyProvider\n"
        "provider = EmbeddedKeyProvider(pathlib.Path(sys.argv[1]))\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    old = provider.current_version(); provider.renew(); provider.destroy(old)\n"
    )
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "ready\n"
        before = EmbeddedKeyProvider(path).current_version()
        while EmbeddedKeyProvider(path).current_version() < before + 5:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process.stdout.close()
        provider = EmbeddedKeyProvider(path)
        assert provider.health().is_well
        assert provider.unwrap(*provider.wrap(KEY)) == KEY
        assert set(json.loads(path.read_text())) == {"current", "masters", "signing"}
