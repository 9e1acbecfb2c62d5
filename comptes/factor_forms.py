"""Forms of security keys, in words that people read."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.utils.translation import gettext_lazy as _

NAME = _("Nom de la clé")
NAME_HELP = _("Pour la reconnaître. Par exemple : « mon téléphone ».")


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = NAME
        self.fields["name"].help_text = NAME_HELP
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = _("Me connecter sans mot de passe avec cette clé")
            self.fields["passwordless"].help_text = _(
                "Votre appareil demandera votre empreinte, votre visage ou son code."
            )


class EditKeyForm(EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = NAME
        self.fields["name"].help_text = NAME_HELP
