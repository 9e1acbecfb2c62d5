"""What a person typed in a form that is not received, read back to be copied.

Named field by field, from the forms themselves: a password, a code or a token never comes back.
Nothing is kept here.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messagerie.forms.console import CloseForm, OrientForm, ReplyForm, TransmitForm
from messagerie.forms.door import CareForm, ElsewhereForm, ForWhomForm, QuestionForm, ReachForm
from messagerie.texts import YOUR_MESSAGE

SHORT = 80  # characters that a small box shows

Labels = Mapping[str, str | Promise]


class Typed(NamedTuple):
    """A text, under the words that its field had."""

    label: str
    text: str

    @property
    def rows(self) -> int:
        return 2 if len(self.text) <= SHORT and "\n" not in self.text else 8


def _texts(form: type[forms.Form]) -> Labels:
    """The fields of a form in which one writes: no choice, nothing hidden, no password."""
    return {
        name: field.label or name
        for name, field in form.base_fields.items()
        if isinstance(field.widget, (forms.TextInput, forms.Textarea))
    }


MESSAGE: Labels = {"body": YOUR_MESSAGE}
ELSEWHERE: Labels = {"body": _("Votre texte")}  # any other form that is refused
TEXTS: dict[str, Labels] = {
    "console:repondre": _texts(ReplyForm),
    "console:joindre": _texts(ReplyForm),
    "console:clore": _texts(CloseForm),
    "console:orienter": _texts(OrientForm),
    "console:transmettre": _texts(TransmitForm),
    "patient:repondre": MESSAGE,
    "patient:joindre": MESSAGE,
    "patient:rouvrir": MESSAGE,
    "patient:aggravation": _texts(ReachForm),
    "porte:pour_qui": _texts(ForWhomForm),
    "porte:ou": {"lieu": _("Votre commune ou votre code postal"), **_texts(ElsewhereForm)},
    "porte:signe": _texts(ReachForm),
    "porte:medecin": _texts(CareForm),
    "porte:question": _texts(QuestionForm),
    "porte:joindre": _texts(QuestionForm),
}


def route_of(request: HttpRequest) -> str:
    """Name of the address that was asked; "" when there is none."""
    return request.resolver_match.view_name if request.resolver_match else ""


def typed_in(request: HttpRequest) -> list[Typed]:
    """The texts of a form that was posted, in the order of its fields, the blank ones left out."""
    labels = TEXTS.get(route_of(request), ELSEWHERE)
    found = [Typed(str(label), request.POST.get(name, "")) for name, label in labels.items()]
    return [one for one in found if one.text.strip()]
