"""Content at rest: what seals it, what opens it, and what does neither."""

import os
import stat
import threading
import uuid

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from comptes.keys import cipher
from comptes.keys.cipher import NONCE_BYTES, PAD_TO, SealBroken
from comptes.keys.embedded import EmbeddedKeyProvider
from comptes.keys.provider import KeyUnavailable
from comptes.models import DataKey, Patient, User

pytestmark = pytest.mark.django_db

OVERHEAD = 1 + NONCE_BYTES + 16


def fresh_owner() -> uuid.UUID:
    fresh = uuid.uuid4()
    cipher.ensure_key(fresh)
    return fresh


@pytest.fixture
def owner() -> uuid.UUID:
    return fresh_owner()


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
def test_what_is_sealed_opens_again(text):
    owner = fresh_owner()
    blob = cipher.seal(owner, "body", text, bind=(1, "a"))
    assert cipher.unseal(owner, "body", blob, bind=(1, "a")) == text
    assert (len(blob) - OVERHEAD) % PAD_TO == 0


def test_lengths_tell_little(owner):
    sizes = {len(cipher.seal(owner, "body", "x" * n)) for n in (0, 1, 100, PAD_TO - 4)}
    assert len(sizes) == 1


def test_the_text_is_not_in_the_blob_and_two_seals_differ(owner):
    first = cipher.seal(owner, "body", "fièvre depuis hier")
    assert "fièvre".encode() not in first
    assert first != cipher.seal(owner, "body", "fièvre depuis hier")


@pytest.mark.parametrize(
    "moved",
    [
        {"owner": True},
        {"purpose": "motive"},
        {"bind": (2, "a")},
        {"bind": (1, "b")},
        {"bind": ()},
    ],
)
def test_a_moved_blob_does_not_open(owner, moved):
    other = uuid.uuid4()
    cipher.ensure_key(other)
    blob = cipher.seal(owner, "body", "texte", bind=(1, "a"))
    with pytest.raises(SealBroken):
        cipher.unseal(
            other if "owner" in moved else owner,
            moved.get("purpose", "body"),
            blob,
            bind=moved.get("bind", (1, "a")),
        )


def test_every_byte_counts(owner):
    blob = bytearray(cipher.seal(owner, "body", "texte"))
    for index in range(0, len(blob), 7):
        altered = bytearray(blob)
        altered[index] ^= 1
        with pytest.raises(SealBroken):
            cipher.unseal(owner, "body", bytes(altered))
    with pytest.raises(SealBroken):
        cipher.unseal(owner, "body", bytes(blob[:-1]))
    with pytest.raises(SealBroken):
        cipher.unseal(owner, "body", b"")


def test_a_destroyed_key_opens_nothing_and_makes_nothing(owner):
    blob = cipher.seal(owner, "body", "texte")
    cipher.destroy_key(owner)
    row = DataKey.objects.get(pk=owner)
    assert row.wrapped is None
    assert row.destroyed_at is not None
    for act in (
        lambda: cipher.unseal(owner, "body", blob),
        lambda: cipher.seal(owner, "body", "encore"),
    ):
        with pytest.raises(KeyUnavailable):
            act()
    cipher.ensure_key(owner)
    with pytest.raises(KeyUnavailable):
        cipher.unseal(owner, "body", blob)


def test_wrapped_keys_live_in_their_own_database(owner):
    assert DataKey.objects.db == "keys"
    assert DataKey.objects.using("keys").filter(pk=owner).exists()
    assert "comptes_datakey" not in connections["default"].introspection.table_names()
    assert User.objects.db == Patient.objects.db == "default"
    tables = set(connections["keys"].introspection.table_names())
    assert "comptes_user" not in tables
    assert "comptes_journalentry" not in tables


def test_several_keys_come_in_one_query(django_assert_num_queries):
    owners = [uuid.uuid4() for _ in range(5)]
    for one in owners:
        cipher.ensure_key(one)
    cipher.cache.clear()
    with django_assert_num_queries(1, using="keys"):
        cipher.load_keys(owners)
        for one in owners:
            cipher.seal(one, "body", "x")


@pytest.mark.django_db(transaction=True)
def test_two_threads_make_one_key():
    for _ in range(10):
        owner = uuid.uuid4()
        start = threading.Barrier(2, timeout=30)

        def make(owner=owner, start=start) -> None:
            start.wait()
            cipher.ensure_key(owner)
            for connection in connections.all():
                connection.close()

        threads = [threading.Thread(target=make) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert DataKey.objects.filter(pk=owner).count() == 1
        blob = cipher.seal(owner, "body", "x")
        cipher.cache.clear()
        assert cipher.unseal(owner, "body", blob) == "x"


# --- The embedded key file


def test_the_key_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "cles" / "maitresses.json"
    provider = EmbeddedKeyProvider(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    version, wrapped = provider.wrap(b"k" * 32)
    assert EmbeddedKeyProvider(path).unwrap(version, wrapped) == b"k" * 32
    assert b"k" * 32 not in wrapped
    assert [entry.name for entry in path.parent.iterdir()] == [path.name], "no draft is left"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_key_file_that_others_read_is_refused(tmp_path, mode):
    path = tmp_path / "maitresses.json"
    EmbeddedKeyProvider(path)
    os.chmod(path, mode)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        EmbeddedKeyProvider(path)


def test_another_key_file_opens_nothing(tmp_path):
    version, wrapped = EmbeddedKeyProvider(tmp_path / "a.json").wrap(b"k" * 32)
    other = EmbeddedKeyProvider(tmp_path / "b.json")
    with pytest.raises(KeyUnavailable):
        other.unwrap(version, wrapped)
    with pytest.raises(KeyUnavailable):
        other.unwrap(99, wrapped)


def test_signing_keys_differ_by_purpose(tmp_path):
    provider = EmbeddedKeyProvider(tmp_path / "a.json")
    assert provider.signing_key("journal") != provider.signing_key("autre")
    assert len(provider.signing_key("journal")) == 32
