"""What forms of administration check about places: one territory, and one's own."""

from typing import Any

from django import forms

from orientation.scope import Scope


class TerritoryForm(forms.ModelForm):
    """A form on an object of one region or one department (or of the nation, if it may be).

    The page sets `scope`; `national_allowed` says whether neither of both may be chosen.
    """

    scope: Scope
    national_allowed = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "region" not in self.fields and "departement" not in self.fields:
            return cleaned
        region, departement = cleaned.get("region"), cleaned.get("departement")
        if region and departement:
            self._refuse_place("Choisissez une région ou un département, pas les deux.")
        elif not region and not departement and not self._national():
            self._refuse_place("Choisissez une région ou un département.")
        return cleaned

    def _refuse_place(self, sentence: str) -> None:
        """Beside the field: the constraints of the model then do not say it a second time."""
        if not {"region", "departement"} & self.errors.keys():
            self.add_error("region" if "region" in self.fields else "departement", sentence)

    def _national(self) -> bool:
        return self.national_allowed and self.scope.is_national
