"""Files of a conversation by the API: join one, ask its state, open it or its preview."""

from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from messagerie import actions
from messagerie.actions.files import record_of
from messagerie.actions.joining import Joined
from messagerie.api import CONFLICTS, REFUSALS, ConversationsView
from messagerie.api_schemas import RefusalSerializer
from messagerie.attachments.kinds import MAX_BYTES, refused
from messagerie.attachments.record import FileRecord
from messagerie.attachments.serving import answer
from messagerie.errors import RefusalCode, Refused
from messagerie.models import Attachment
from messagerie.rate import rate

FILE_REFUSALS = CONFLICTS | dict.fromkeys((413, 415, 422, 503), RefusalSerializer)
GONE = REFUSALS | dict.fromkeys((409, 410, 503), RefusalSerializer)


class FileInSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="Donné par l'appareil, le même à chaque essai")
    file = serializers.FileField(
        allow_empty_file=True, help_text="JPEG, PNG ou PDF, 10 Mo au plus", max_length=None
    )


class FileSerializer(serializers.Serializer):
    attachment = serializers.UUIDField()
    state = serializers.CharField(help_text="EN_ANALYSE, PRET, REFUSE ou EFFACE")
    name = serializers.CharField()
    media = serializers.CharField()
    size = serializers.IntegerField(help_text="Octets")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    pages = serializers.IntegerField(allow_null=True)


class JoinedSerializer(FileSerializer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    created = serializers.BooleanField(help_text="Faux pour un second envoi du même fichier")


def _said(attachment: Attachment, record: FileRecord) -> dict[str, Any]:
    return {
        "attachment": attachment.pk,
        "state": attachment.state,
        "name": record.name,
        "media": record.media,
        "size": record.size,
        "width": record.width,
        "height": record.height,
        "pages": record.pages,
    }


def content_of(file: UploadedFile | None) -> tuple[str, bytes]:
    """Name and content of what a form brought. Raises Refused FILE_MISSING or FILE_TOO_LARGE."""
    if file is None:
        raise refused(RefusalCode.FILE_MISSING)
    if file.size > MAX_BYTES:
        raise refused(RefusalCode.FILE_TOO_LARGE)
    return file.name or "", file.read()


def number_of(raw: str) -> UUID:
    """The UUID that a form gives its file. Raises Refused BAD_ID."""
    try:
        return UUID(raw)
    except ValueError:
        sentence = _("Le formulaire est incomplet : votre fichier n'est pas parti. Renvoyez-le.")
        raise Refused(RefusalCode.BAD_ID, sentence) from None


class FilesView(ConversationsView):
    """Join a file. Its name and type are what the device says; only its content is believed."""

    parser_classes = (MultiPartParser,)

    def handle_exception(self, exception: Exception) -> Response:
        # A form that cannot be taken apart is found by whoever asks for its token first.
        if isinstance(exception, MultiPartParserError | SuspiciousOperation):
            exception = ParseError()
        return super().handle_exception(exception)

    @extend_schema(
        operation_id="attachments_create",
        summary="Joindre un fichier ; le même, envoyé deux fois, n'est gardé qu'une fois",
        request={"multipart/form-data": FileInSerializer},
        responses={200: JoinedSerializer, 201: JoinedSerializer} | FILE_REFUSALS,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        rate.take(self.user.pk)
        said = self.checked(FileInSerializer)
        name, content = content_of(said["file"])
        joined: Joined = actions.attach(
            conversation_id,
            author=self.user,
            scope=self.scope_of_user,
            client_id=said["id"],
            name=name,
            content=content,
        )
        body = _said(joined.attachment, joined.record) | {
            "seq": joined.seq,
            "at": joined.at,
            "created": joined.created,
        }
        return Response(JoinedSerializer(body).data, status=201 if joined.created else 200)


class FileView(ConversationsView):
    @extend_schema(
        operation_id="attachments_retrieve",
        summary="Un fichier : son nom, son type, son état",
        responses={200: FileSerializer} | REFUSALS,
    )
    def get(self, request: Request, conversation_id: UUID, attachment_id: UUID) -> Response:
        found = actions.look_at(conversation_id, attachment_id, scope=self.scope_of_user)
        return Response(FileSerializer(_said(found, record_of(found))).data)


class FileContentView(ConversationsView):
    """The file itself, to save. Its opening goes to the journal."""

    preview = False

    @extend_schema(
        operation_id="attachments_content",
        summary="Le fichier, à enregistrer",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY} | GONE,
    )
    def get(self, request: Request, conversation_id: UUID, attachment_id: UUID) -> HttpResponse:
        opened = actions.open_file(
            conversation_id,
            attachment_id,
            reader=self.user,
            scope=self.scope_of_user,
            preview=self.preview,
        )
        return answer(opened, inline=self.preview)


class FilePreviewView(FileContentView):
    """A small picture of it, to show in a thread."""

    preview = True

    @extend_schema(
        operation_id="attachments_preview",
        summary="L'aperçu du fichier, une petite image",
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY} | GONE,
    )
    def get(self, request: Request, conversation_id: UUID, attachment_id: UUID) -> HttpResponse:
        return super().get(request, conversation_id, attachment_id)
