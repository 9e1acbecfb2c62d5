"""What the API of conversations takes and gives, for its checks and its documentation."""

from typing import Any
from uuid import UUID

from drf_spectacular.authentication import SessionScheme
from rest_framework import serializers

from messagerie.frames import LARGEST_NUMBER
from messagerie.states import Outcome
from messagerie.texts import MAX_BODY, MAX_SHORT
from orientation.models import OverrideReason
from orientation.situation import Destination


class ApiSessionScheme(SessionScheme):
    """`messagerie.api_session.ApiSession`, told as what it is: the cookie of the pages."""

    target_class = "messagerie.api_session.ApiSession"


class RefusalSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Pour un programme")
    message = serializers.CharField(help_text="Phrase à montrer à la personne")
    retry = serializers.BooleanField(help_text="La même demande peut passer plus tard")
    after = serializers.IntegerField(required=False, help_text="Secondes à attendre avant")


class TextOnly(serializers.CharField):
    """A text; not a number that is made into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextUUID(serializers.UUIDField):
    """A UUID in text; `true` is no name of a line."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class LineInSerializer(serializers.Serializer):
    """One line to keep. The text is checked by the act, which says what is wrong with it."""

    id = TextUUID(help_text="Donné par l'appareil, le même à chaque essai")
    body = TextOnly(
        trim_whitespace=False, allow_blank=True, help_text=f"{MAX_BODY} caractères au plus"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].validators = []  # NUL and lone surrogates: the act has the sentence


class ReadingSerializer(serializers.Serializer):
    """What a page without a socket says when it asks for the lines that it misses."""

    cursor = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, help_text="La page tient les lignes jusqu'à celle-ci"
    )
    opened = serializers.BooleanField(
        required=False, default=False, help_text="La page est sous les yeux de la personne"
    )
    epoch = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=64, help_text="Celle de la page"
    )


class PostedSerializer(serializers.Serializer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    created = serializers.BooleanField(help_text="Faux pour un second envoi du même message")


class RowSerializer(serializers.Serializer):
    """`messagerie.console_rows.Row`."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    age = serializers.CharField()
    relation = serializers.CharField()
    motive = serializers.CharField()
    commune = serializers.CharField()
    danger = serializers.CharField()
    turn = serializers.CharField()
    said_at = serializers.DateTimeField()
    unread = serializers.IntegerField()
    last_seq = serializers.IntegerField()


class RowsSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = RowSerializer(many=True)


class LineSerializer(serializers.Serializer):
    seq = serializers.IntegerField()
    side = serializers.CharField()
    kind = serializers.CharField()
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    body = serializers.JSONField(help_text="Texte, ou objet pour une orientation")
    by = serializers.CharField(required=False, help_text="Le professionnel qui l'a écrite")


class ConversationSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.CharField()
    outcome = serializers.CharField()
    last_seq = serializers.IntegerField()
    patient = serializers.DictField(child=serializers.IntegerField())
    professional = serializers.DictField(child=serializers.IntegerField())
    lines = LineSerializer(many=True)
    more = serializers.BooleanField(help_text="D'autres lignes suivent : redemander plus loin")


class StateSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.CharField()
    outcome = serializers.CharField()
    last_seq = serializers.IntegerField()


class CloseSerializer(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    summary = serializers.CharField(required=False, allow_blank=True, default="")


class OrientSerializer(serializers.Serializer):
    """Accept the proposal, or name another place with a reason."""

    accept = serializers.BooleanField()
    destination = serializers.ChoiceField(
        choices=[one.value for one in Destination], required=False, allow_blank=True, default=""
    )
    structure_id = serializers.IntegerField(required=False, allow_null=True, default=None)
    override_reason = serializers.ChoiceField(
        choices=OverrideReason.choices, required=False, allow_blank=True, default=""
    )
    when = serializers.CharField(required=False, allow_blank=True, default="")
    note = serializers.CharField(required=False, allow_blank=True, default="")
    medecin_traitant_reachable = serializers.BooleanField(
        required=False, allow_null=True, default=None
    )
    shown = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=60,
        help_text="`mark` de la proposition lue, pour n'accepter que celle-là",
    )


class TraceSerializer(serializers.Serializer):
    rule_id = serializers.CharField()
    sentence = serializers.CharField()
    verdict = serializers.CharField()
    reason = serializers.CharField()


class ProposalSerializer(serializers.Serializer):
    destination = serializers.CharField()
    structure_id = serializers.IntegerField(allow_null=True)
    structure_name = serializers.CharField()
    number = serializers.CharField()
    sentence = serializers.CharField()
    rule_id = serializers.CharField()
    rule_set_version = serializers.CharField()
    mark = serializers.CharField()
    trace = TraceSerializer(many=True)


class CardSerializer(serializers.Serializer):
    destination = serializers.CharField()
    why = serializers.CharField()
    structure_id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    address = serializers.CharField()
    phone = serializers.CharField()
    when = serializers.CharField()
    number = serializers.CharField()
    note = serializers.CharField()
    is_fictitious = serializers.BooleanField()
    accepted = serializers.BooleanField()


class TransmitSerializer(serializers.Serializer):
    phone = serializers.CharField(max_length=MAX_SHORT, allow_blank=True)
    place = serializers.CharField(max_length=MAX_SHORT, allow_blank=True)
    age = serializers.CharField(max_length=MAX_SHORT, required=False, allow_blank=True, default="")


class TransmittedSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    number = serializers.CharField()
    samu_line = serializers.CharField()
