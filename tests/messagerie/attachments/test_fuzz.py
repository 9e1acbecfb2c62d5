"""Whatever is posted where a file is expected: a typed answer, and nothing kept by halves."""

import uuid

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from messagerie.models import Attachment, Message
from tests.messagerie.attachments import samples
from tests.messagerie.attachments.conftest import form, send, stored

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
TYPED = {"code", "message", "retry"}
ANSWERS = {200, 201, 400, 409, 413, 415, 422}
BOUNDARY = "limite"
PIECES = [
    b"--limite\r\n",
    b"--limite--\r\n",
    b"\r\n\r\n",
    b'Content-Disposition: form-data; name="id"',
    b'Content-Disposition: form-data; name="file"; filename="a.jpg"',
    b'Content-Disposition: form-data; name="file"; filename="../../\x00"',
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Type: image/jpeg\r\n",
    str(uuid.UUID(int=7)).encode(),
    samples.jpeg(8, 8),
    b"\xff\xd8\xff",
    b"\x00" * 50,
]
# One conversation for all the examples of a test: each answer stands alone.
ONE_WORLD = {"suppress_health_check": [HealthCheck.function_scoped_fixture]}


@pytest.fixture(autouse=True)
def as_many_as_wanted(settings):
    settings.MESSAGE_RATE_PER_SECOND = settings.MESSAGE_RATE_BURST = 100_000


def is_typed(response) -> None:
    assert response.status_code in ANSWERS, response.content[:200]
    if response.status_code >= 400:
        assert set(response.json()) >= TYPED


@examples(max_examples=60, **ONE_WORLD)
@given(parts=st.lists(st.sampled_from(PIECES) | st.binary(max_size=40), max_size=12))
def test_any_body(talk, parts):
    client = talk.phone
    client.raise_request_exception = True
    is_typed(
        client.post(
            reverse("api:pieces", args=[talk.conversation.pk]),
            b"".join(parts),
            content_type=f"multipart/form-data; boundary={BOUNDARY}",
        )
    )


@examples(max_examples=25, **ONE_WORLD)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    content=st.binary(max_size=200)
    | st.sampled_from([samples.jpeg(9, 9), samples.png(9, 9), samples.jpeg(60, 40)[:-40]]),
    client_id=st.uuids(version=4) | st.text("0123456789abcdef-", max_size=36),
)
def test_any_form(talk, name, content, client_id):
    lines = Message.objects.count()
    data = form(content, name.replace("\r", "").replace("\n", "") or "a")
    answer = send(talk.phone, talk.conversation, data | {"id": str(client_id)})
    is_typed(answer)
    kept = Message.objects.count() - lines
    assert kept == (answer.status_code == 201)
    assert len(stored()) == 2 * Attachment.objects.count()
