"""One way to say no in JSON: {code, message, retry}, with the status that says the same."""

import logging
from typing import Any

from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from messagerie.api_session import FormExpired
from messagerie.errors import Refused

logger = logging.getLogger(__name__)

# What the framework refuses by itself, in our words.
SENTENCES = {
    status.HTTP_401_UNAUTHORIZED: ("SIGN_IN", "Connectez-vous, puis réessayez."),
    status.HTTP_403_FORBIDDEN: ("FORBIDDEN", "Ce compte n'a pas ce droit."),
    status.HTTP_404_NOT_FOUND: ("NOT_FOUND", "Cette adresse n'existe pas."),
    status.HTTP_405_METHOD_NOT_ALLOWED: ("BAD_METHOD", "Cette action n'existe pas ici."),
    status.HTTP_406_NOT_ACCEPTABLE: ("BAD_FORMAT", "Ce format n'est pas proposé."),
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: ("BAD_FORMAT", "Envoyez du JSON."),
    status.HTTP_429_TOO_MANY_REQUESTS: ("BUSY", "Trop de demandes. Attendez un moment."),
}


def said(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Exception handler of the API. None (an error of ours) becomes the usual error page.

    Answers that already carry their own `detail` sentence (the territory's) keep it.
    """
    if isinstance(exception, Refused):
        set_rollback()
        return Response(
            {"code": exception.code, "message": exception.sentence, "retry": exception.retry}
            | ({} if exception.after is None else {"after": exception.after}),
            status=exception.status,
            headers={} if exception.after is None else {"Retry-After": str(exception.after)},
        )
    response = exception_handler(exception, context)
    if response is None:
        return None
    if isinstance(exception, exceptions.ValidationError | exceptions.ParseError):
        response.data = {
            "code": "BAD_REQUEST",
            "message": "La demande n'est pas lisible, ou il manque quelque chose.",
            "retry": False,
        } | _details(exception, response.data)
    elif isinstance(exception, FormExpired):
        response.data = {
            "code": exception.default_code,
            "message": str(exception.detail),
            "retry": False,
        }
    elif response.status_code in SENTENCES:
        code, sentence = SENTENCES[response.status_code]
        own = _own_sentence(exception)
        response.data = {
            "code": code,
            "message": own or sentence,
            "retry": response.status_code == status.HTTP_429_TOO_MANY_REQUESTS,
        } | ({"detail": own} if own else {})
    return response


def _own_sentence(exception: Exception) -> str:
    """The sentence that a view of ours gave; "" when it is only the framework's default."""
    if isinstance(exception, exceptions.UnsupportedMediaType | exceptions.MethodNotAllowed):
        return ""  # the framework's, with what was asked for in it
    detail = getattr(exception, "detail", "")
    default = getattr(exception, "default_detail", "")
    return "" if str(detail) == str(default) else str(detail)


def _details(exception: exceptions.APIException, data: Any) -> dict[str, Any]:
    """The fields at fault by name only: what was typed is never sent back."""
    if isinstance(exception, exceptions.ParseError) or not isinstance(data, dict):
        return {}
    if "detail" in data:
        return {"detail": data["detail"]}
    return {"fields": sorted(data)}
