"""A field for what people write, and the HTTP status that says the same as its error."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from messagerie.errors import RefusalCode, Refused
from messagerie.texts import MAX_SHORT, clean_text


class WrittenField(forms.Field):
    """Text checked by `messagerie.texts.clean_text`, so that a form refuses what an act refuses.

    An optional field made only of blanks or invisible characters is empty; a required one says
    its own `error_messages["required"]` when it has one.
    """

    widget = forms.TextInput

    def __init__(self, *, limit: int = MAX_SHORT, what: str, **options: Any) -> None:
        super().__init__(**options)
        self.limit = limit
        self.what = what
        self.says_when_empty = (options.get("error_messages") or {}).get("required")

    def to_python(self, value: object) -> str:
        try:
            return clean_text("" if value is None else value, limit=self.limit, what=self.what)
        except Refused as refused:
            if refused.code == RefusalCode.EMPTY and not self.required:
                return ""
            if refused.code == RefusalCode.EMPTY and self.says_when_empty:
                raise ValidationError(self.says_when_empty, code=refused.code) from None
            raise ValidationError(refused.sentence, code=refused.code) from None


def status_of(form: forms.Form) -> int:
    """413 when something is too long, else 400."""
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 413 if RefusalCode.TOO_LONG in codes else 400
