"""The forms of the door, one per step."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from messagerie.drafts import DoorContent
from messagerie.forms.fields import WrittenField
from messagerie.models import Alternative
from messagerie.texts import MAX_BODY, MAX_NAME
from orientation.motives import CHOICES as MOTIVES

RELATIONS = [
    ("SELF", _("Moi")),
    ("CHILD", _("Mon enfant")),
    ("HELPED", _("Une personne que j'aide")),
]
NOT_IN_LIST = _("Choisissez une des réponses proposées.")
MONTHS_BELOW = 24


class AgeField(forms.IntegerField):
    """A whole number, typed with the digits of a phone's keypad; one of two is enough."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def validate(self, value: object) -> None:
        """The form asks for one of the two ages: neither is required by itself."""

    def __init__(self, *, highest: int, out_of_range: str, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=highest,
            error_messages={
                "invalid": _("Écrivez un nombre entier, en chiffres."),
                "min_value": out_of_range,
                "max_value": out_of_range,
            },
            **options,
        )


class ForWhomForm(forms.Form):
    use_required_attribute = False

    relation = forms.ChoiceField(
        label=_("Pour qui posez-vous la question ?"),
        choices=RELATIONS,
        widget=forms.RadioSelect,
        error_messages={"required": NOT_IN_LIST, "invalid_choice": NOT_IN_LIST},
    )
    first_name = WrittenField(
        label=_("Prénom de la personne concernée"),
        help_text=_("Un surnom suffit."),
        limit=MAX_NAME,
        what=_("Le prénom"),
        error_messages={"required": _("Écrivez un prénom ou un surnom.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    age = AgeField(
        label=_("Âge en années"),
        highest=125,
        out_of_range=_("Écrivez un âge entre 0 et 125 ans."),
    )
    age_months = AgeField(
        label=_("ou en mois, avant 2 ans"),
        highest=MONTHS_BELOW - 1,
        out_of_range=_("Avant 2 ans, écrivez l'âge en mois, de 0 à 23."),
    )

    def clean(self) -> dict[str, Any]:
        """Bring years and months to one age: months only count before two years."""
        data = super().clean() or {}
        years, months = data.get("age"), data.get("age_months")
        if "age" in self.errors or "age_months" in self.errors:
            return data
        if years is None and months is None:
            self.add_error("age", _t("Indiquez l'âge, en années ou en mois."))
        elif years is None or (years < 2 and months is not None):
            if years == 1 and months is not None and months < 12:
                months += 12  # "1 an et 3 mois"
            data["age"], data["age_months"] = (months or 0) // 12, months
        else:
            data["age_months"] = None
        return data


class ElsewhereForm(forms.Form):
    lives_elsewhere = forms.BooleanField(label=_("J'habite dans une autre commune"), required=False)
    elsewhere = WrittenField(
        label=_("Commune ou code postal où vous habitez"),
        limit=MAX_NAME,
        what=_("La commune où vous habitez"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("lives_elsewhere") and not data.get("elsewhere") and not self.errors:
            self.add_error("elsewhere", _t("Indiquez la commune où vous habitez."))
        return data


class ReachForm(forms.Form):
    """Asked after a declared sign: where to call, where to send help."""

    callback_phone = WrittenField(
        label=_("Un numéro de téléphone pour vous rappeler"),
        limit=30,
        what=_("Le numéro de téléphone"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    present_place = WrittenField(
        label=_("Où se trouve la personne maintenant ?"),
        help_text=_("Adresse, étage, code de la porte, ou un repère."),
        what=_("Le lieu"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CareForm(forms.Form):
    medecin_traitant = forms.ChoiceField(
        label=_("Un médecin traitant est-il déclaré ?"),
        choices=[("DECLARED", _("Oui")), ("NONE", _("Non")), ("UNKNOWN", _("Je ne sais pas"))],
        widget=forms.RadioSelect,
        error_messages={"required": NOT_IN_LIST, "invalid_choice": NOT_IN_LIST},
    )
    medecin_traitant_name = WrittenField(
        label=_("Son nom"),
        limit=MAX_NAME,
        what=_("Le nom du médecin"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    ald = forms.TypedChoiceField(
        label=_("La personne a-t-elle une affection de longue durée (ALD) ?"),
        help_text=_("Une maladie longue reconnue, dont les soins sont pris en charge à 100 %."),
        choices=[("OUI", _("Oui")), ("NON", _("Non")), ("", _("Je ne sais pas"))],
        coerce=lambda value: value == "OUI",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )

    @classmethod
    def of(cls, content: DoorContent) -> "CareForm":
        """The form as last answered."""
        ald = {True: "OUI", False: "NON", None: ""}[content.ald]
        return cls(
            initial={
                "medecin_traitant": content.medecin_traitant,
                "medecin_traitant_name": content.medecin_traitant_name,
                "ald": ald,
            }
        )


class QuestionForm(forms.Form):
    motive = forms.ChoiceField(
        label=_("De quoi s'agit-il ?"),
        choices=[("", _("Choisissez dans la liste")), *MOTIVES],
        error_messages={
            "required": _("Choisissez le sujet de votre question."),
            "invalid_choice": _("Choisissez le sujet de votre question."),
        },
    )
    body = WrittenField(
        label=_("Votre question"),
        help_text=_(
            "Dites depuis quand, et ce que vous avez déjà essayé. 5\u00a0000 caractères au plus."
        ),
        limit=MAX_BODY,
        what=_("Votre question"),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    alternative = forms.ChoiceField(
        label=_("Qu'auriez-vous fait sans ce service ?"),
        help_text=_("Cela aide à savoir si le service est utile."),
        choices=Alternative.choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_IN_LIST},
    )
    readers_agreed = forms.BooleanField(
        label=_("J'accepte que l'équipe de garde lise ce que j'écris"),
        error_messages={
            "required": _("Cochez cette case : sans votre accord, personne ne peut vous répondre.")
        },
    )

    def __init__(self, *args: Any, agreed_before: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if agreed_before:
            del self.fields["readers_agreed"]
