"""Forms of the console. They keep what was typed; the acts decide what is refused."""

import uuid
from typing import Any

from django import forms

from messagerie.texts import MAX_BODY, MAX_SHORT
from orientation.models import OverrideReason, Structure
from orientation.situation import Destination

# Outcomes without a place to go to, in the words of the professional.
OUTCOMES = [
    ("RESOLVED", "Réponse donnée, demande résolue"),
    ("EMERGENCY", "Urgence : la personne est avec le 15 ou aux urgences"),
    ("ABANDONED", "Le patient n'a plus répondu, ou n'a plus besoin"),
    ("TECHNICAL_TEST", "Essai technique, non compté"),
]
REACHABLE = [("", "Je ne sais pas"), ("oui", "Oui"), ("non", "Non")]


class ActForm(forms.Form):
    """A form whose refusal, said by an act, shows in its error summary."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, sentence: str, field: str | None = None) -> None:
        self.is_valid()
        self.add_error(field, sentence)


class ReplyForm(ActForm):
    """One line of the professional. `id` is the same for every try of that line."""

    body = forms.CharField(
        label="Votre réponse",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_BODY}),
    )
    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class CloseForm(ActForm):
    """The outcome first, then the advice summed up for the patient."""

    outcome = forms.ChoiceField(
        label="Comment finit cette demande ?",
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une réponse."},
    )
    summary = forms.CharField(
        label="Résumé du conseil, pour le patient",
        help_text="À remplir quand la demande est résolue : c'est ce que le patient garde.",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": MAX_BODY}),
    )


class OrientForm(ActForm):
    """Follow the proposal, or name another place and say why."""

    when = forms.CharField(
        label="Quand",
        help_text="Par exemple : dans la semaine.",
        required=False,
        max_length=MAX_SHORT,
    )
    note = forms.CharField(
        label="Un mot pour le patient",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_BODY}),
    )
    place = forms.ChoiceField(label="Autre lieu", required=False, widget=forms.RadioSelect)
    reason = forms.ChoiceField(
        label="Pourquoi un autre lieu",
        required=False,
        choices=[("", "Choisir une raison"), *OverrideReason.choices],
    )
    reachable = forms.ChoiceField(
        choices=REACHABLE, required=False, widget=forms.HiddenInput, initial=""
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, structures: list[Structure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(f"structure:{row.pk}", _place_label(row)) for row in structures]
        self.fields["place"].choices = [
            (Destination.MEDECIN_TRAITANT.value, "Son médecin traitant"),
            *places,
            (Destination.NUMBER.value, "Le 15, ou le numéro du signe déclaré"),
        ]

    @property
    def chosen_structure(self) -> int | None:
        kind, _, number = self.cleaned_data.get("place", "").partition(":")
        return int(number) if kind == "structure" else None


def _place_label(structure: Structure) -> str:
    name = structure.name + (" (lieu fictif)" if structure.is_fictitious else "")
    kind = structure.get_kind_display()
    return name if kind in name else f"{name} · {kind}"


class TransmitForm(ActForm):
    """What is passed on to the 15. Prefilled with what the patient said."""

    phone = forms.CharField(
        label="Téléphone pour rappeler",
        max_length=MAX_SHORT,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        error_messages={"required": "Demandez au patient un numéro de téléphone."},
    )
    place = forms.CharField(
        label="Où est la personne, maintenant",
        max_length=MAX_SHORT,
        error_messages={"required": "Demandez au patient où est la personne."},
    )
    age = forms.CharField(label="Âge", required=False, max_length=MAX_SHORT)
