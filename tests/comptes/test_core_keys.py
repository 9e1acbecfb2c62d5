"""The key file and the data keys, when things happen at once or go missing."""

import os
import threading
import uuid

import pytest
from django.core.exceptions import ImproperlyConfigured

from comptes.keys import cipher
from comptes.keys.embedded import EmbeddedKeyProvider
from comptes.keys.provider import KeyUnavailable
from comptes.models import DataKey

pytestmark = pytest.mark.django_db


def test_threads_that_start_together_share_one_key_file(tmp_path):
    path = tmp_path / "cles.json"
    start = threading.Barrier(8)
    made: list[bytes | Exception] = []

    def make() -> None:
        start.wait(30)
        try:
            made.append(EmbeddedKeyProvider(path).signing_key("essai"))
        except Exception as error:
            made.append(error)

    # The file is made without a look at the database: it is the race on the file that counts.
    threads = [threading.Thread(target=make) for _ in range(8)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comptes.keys.embedded._data_keys_exist", lambda: False)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len({*map(repr, made)}) == 1
    assert isinstance(made[0], bytes)
    assert [p.name for p in tmp_path.iterdir()] == ["cles.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_dead_process_of_the_same_number_left_is_no_obstacle(tmp_path):
    path = tmp_path / "cles.json"
    path.with_name(f"cles.json.{os.getpid()}.new").write_text("{", encoding="ascii")
    assert EmbeddedKeyProvider(path).current_version() == 1


def test_a_lost_key_file_is_never_replaced_while_something_was_sealed_with_it(tmp_path):
    cipher.ensure_key(uuid.uuid4())
    path = tmp_path / "cles.json"
    with pytest.raises(ImproperlyConfigured, match="absent"):
        EmbeddedKeyProvider(path)
    assert not path.exists()


@pytest.mark.parametrize("wrapped", [b"", b"court", bytes(40), bytes(41)])
def test_a_spoilt_wrapped_key_is_a_key_that_cannot_be_had(wrapped):
    owner = uuid.uuid4()
    DataKey.objects.create(owner_id=owner, wrapped=wrapped, key_version=1)
    with pytest.raises(KeyUnavailable):
        cipher.seal(owner, "body", "Bonjour")


def test_a_destroyed_key_does_not_live(tmp_path):
    owner = uuid.uuid4()
    assert not cipher.key_lives(owner)
    cipher.ensure_key(owner)
    assert cipher.key_lives(owner)
    cipher.destroy_key(owner)
    assert not cipher.key_lives(owner)
