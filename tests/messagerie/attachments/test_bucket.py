"""The same files in an object store, through the library that speaks S3, on a real socket."""

import pytest

from config.settings import attachments, env
from messagerie import actions
from messagerie.attachments import store
from messagerie.attachments.tasks import sweep_store
from messagerie.models import Attachment
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.bucket import bucket
from tests.messagerie.attachments.conftest import address, form, refusal, send

database = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def in_bucket(settings, monkeypatch, tmp_path):
    """The store of the settings is a bucket, as the variables of the environment say it."""
    secret = tmp_path / "secret"
    secret.write_text("secret-du-seau\n")
    monkeypatch.setattr(attachments, "READ_SECONDS", 1)
    with bucket() as server:
        for name, value in {
            "ATTACHMENTS_STORAGE": "s3",
            "ATTACHMENTS_S3_BUCKET": "pieces",
            "ATTACHMENTS_S3_ENDPOINT": server.endpoint,
            "ATTACHMENTS_S3_ACCESS_KEY": "acces",
            "ATTACHMENTS_S3_SECRET_KEY_FILE": str(secret),
            "ATTACHMENTS_S3_PREFIX": "messagerie",
        }.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = settings.STORAGES | {"attachments": attachments.storage(None)}
        yield server


@pytest.fixture
def stored_apart(talk, in_bucket):
    """`talk` sets a folder; the bucket takes its place."""
    return in_bucket


@database
def test_a_file_lives_sealed_in_the_bucket(stored_apart, talk):
    photo = samples.jpeg(comment=samples.HIDDEN)
    said = send(talk.phone, talk.conversation, form(photo)).json()
    assert len(stored_apart.objects) == 2
    row = Attachment.objects.get()
    for name, held in stored_apart.objects.items():
        assert name.startswith("messagerie/20") and str(row.pk) not in name
        assert b"\xff\xd8\xff" not in held[:20] and samples.HIDDEN not in held
    opened = talk.console.get(address(said, talk.conversation, "piece_fichier"))
    assert opened.content.startswith(b"\xff\xd8\xff")
    for method, _, headers in stored_apart.asked:
        signed = {name.lower(): value for name, value in headers.items()}
        assert signed["authorization"].startswith("AWS4-HMAC-SHA256 Credential=acces/"), method
        assert "x-amz-acl" not in signed  # nothing is made public


@database
def test_erasing_empties_the_bucket(stored_apart, talk, django_capture_on_commit_callbacks):
    send(talk.phone, talk.conversation)
    orphan = store.put(b"sealed")
    with django_capture_on_commit_callbacks(execute=True):
        actions.destroy_files(talk.conversation.pk)
    assert list(stored_apart.objects) == [f"messagerie/{orphan}"]
    assert sweep_store() == 0  # too young to be told from a file that is being joined


@database
def test_a_bucket_that_answers_nothing_is_worth_another_try(stored_apart, talk):
    said = send(talk.phone, talk.conversation).json()
    stored_apart.failing = True
    assert refusal(send(talk.phone, talk.conversation)) == (503, "BUSY", True)
    url = address(said, talk.conversation, "piece_fichier")
    assert refusal(talk.phone.get(url)) == (503, "BUSY", True)
    stored_apart.failing = False
    assert talk.phone.get(url).status_code == 200
    assert Attachment.objects.count() == 1


@database
def test_a_bucket_that_is_silent_holds_nobody_up(stored_apart, talk):
    stored_apart.silent = True
    assert refusal(send(talk.phone, talk.conversation)) == (503, "BUSY", True)
    assert len(stored_apart.asked) == attachments.TRIES
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ATTACHMENTS_STORAGE": "ftp"}, "ATTACHMENTS_STORAGE"),
        ({"ATTACHMENTS_STORAGE": "s3"}, "ATTACHMENTS_S3_BUCKET"),
        ({}, "ATTACHMENTS_DIR"),
    ],
    ids=str,
)
def test_a_store_half_said_refuses_to_start(monkeypatch, variables, words):
    for name in ("ATTACHMENTS_STORAGE", "ATTACHMENTS_DIR", "ATTACHMENTS_S3_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(env.ConfigurationError, match=words):
        attachments.storage(None)


@pytest.mark.parametrize("value", ["clamd", "clamd:", ":3310", "clamd:0", "clamd:99999", "a:b"])
def test_an_address_that_is_none_refuses_to_start(monkeypatch, value):
    monkeypatch.setenv("CLAMAV_ADDRESS", value)
    with pytest.raises(env.ConfigurationError, match="CLAMAV_ADDRESS"):
        env.listener("CLAMAV_ADDRESS")


@pytest.mark.parametrize("value", ["", "clamd:3310", "[::1]:3310", "/run/clamav/clamd.ctl"])
def test_an_address_is_read(monkeypatch, value):
    monkeypatch.setenv("CLAMAV_ADDRESS", value)
    assert env.listener("CLAMAV_ADDRESS") == value


def test_a_folder_has_no_address(own_store):
    with pytest.raises(ValueError):
        store._store().url("2026/11/21/abc")
