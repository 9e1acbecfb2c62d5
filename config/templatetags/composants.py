"""Template tags of the components: form fields, error summary, times and telephone numbers.

Loaded in a template by the name `composants`.
"""

import re
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField, Form, widgets
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MANY_CHOICES = (widgets.CheckboxSelectMultiple,)


def field_kind(field: BoundField) -> str:
    """How a field is drawn: texte, liste, choix (radio or several boxes) or case (one box)."""
    widget = field.field.widget
    if isinstance(widget, (widgets.RadioSelect, *MANY_CHOICES)):
        return "choix"
    if isinstance(widget, widgets.CheckboxInput):
        return "case"
    if isinstance(widget, widgets.Select):
        return "liste"
    return "texte"


@register.simple_tag
def champ(field: BoundField, **options: Any) -> SafeString:
    """Draw one form field with its label, hint, control and errors.

    Options: `en_ligne` (choices on one line), `legende_forte` (bold legend), `facultatif=False`
    (does not say that an optional field is optional: one of two is needed); any other named value
    becomes an attribute of the control (`autocomplete="email"`, `rows=6`).
    """
    if field.is_hidden:
        return SafeString(field.as_widget())
    kind = field_kind(field)
    hint_id, error_id = f"{field.auto_id}_aide", f"{field.auto_id}_erreur"
    layout = {name: options.pop(name, False) for name in ("en_ligne", "legende_forte")}
    layout["facultatif"] = options.pop("facultatif", not field.field.required)
    attributes = {name.replace("_", "-"): value for name, value in options.items()}
    described = [hint_id] * bool(field.help_text) + [error_id] * bool(field.errors)
    attributes["aria-describedby"] = " ".join(described) or None
    if field.errors:
        attributes["aria-invalid"] = "true"
    attributes["placeholder"] = None
    css_class = {"texte": "fr-input", "liste": "fr-select"}.get(kind)
    if css_class:
        own = field.field.widget.attrs.get("class", "")
        attributes["class"] = f"{css_class} {own}".strip()
    several = isinstance(field.field.widget, MANY_CHOICES)
    groups = {
        "texte": "fr-input-group",
        "liste": "fr-select-group",
        "case": "fr-checkbox-group",
        "choix": "fr-checkbox-group" if several else "fr-radio-group",
    }
    return render_to_string(
        "composants/champ.html",
        {
            "field": field,
            "genre": kind,
            "groupe": groups[kind],
            "hint_id": hint_id,
            "error_id": error_id,
            "control": "" if kind == "choix" else _widget(field, attributes),
            **layout,
        },
    )


def _widget(field: BoundField, attributes: dict[str, Any]) -> SafeString:
    """The control, with the attributes whose value is None taken away."""
    kept = dict(field.field.widget.attrs)
    try:
        for name in [name for name, value in attributes.items() if value is None]:
            field.field.widget.attrs.pop(name, None)
        values = {name: value for name, value in attributes.items() if value is not None}
        if "aria-describedby" not in values:
            values["aria-describedby"] = False  # Django would name a hint that we draw elsewhere
        return field.as_widget(attrs=values)
    finally:
        field.field.widget.attrs = kept


@register.simple_tag
def champs(form: Form) -> SafeString:
    """Draw all the fields of a form, hidden ones included."""
    return format_html_join("", "{}", ((champ(field),) for field in form))


@register.simple_tag
def erreurs(*forms: Form) -> SafeString:
    """Error summary of one or several forms: one line per error, linked to its field."""
    entries: list[tuple[str, str]] = []
    for form in forms:
        if not form or not form.is_bound:
            continue
        entries += [("", message) for message in form.non_field_errors()]
        for field in form:
            target = field.auto_id if field_kind(field) == "choix" else field.id_for_label
            name = str(field.label)
            name += " " if name.endswith("?") else " : "
            entries += [(target, f"{name}{message}") for message in field.errors]
    return render_to_string("composants/erreurs.html", {"entries": entries})


@register.filter
def chiffres(value: object) -> str:
    """A telephone number as a link needs it: digits, and a leading + if there is one."""
    return re.sub(r"(?!^\+)[^0-9]", "", str(value).strip())


def said_time(moment: datetime, now: datetime) -> str:
    """A past moment as people say it: "à l'instant", "il y a 3 min", "hier à 14:05"."""
    minutes = max(0, int((now - moment).total_seconds() // 60))
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if minutes < 1:
        return _("à l'instant")
    if minutes < 60:
        return _("il y a %(n)d min") % {"n": minutes}
    if minutes < 6 * 60 and local.date() == today.date():
        hours = minutes // 60
        return ngettext("il y a %(n)d h", "il y a %(n)d h", hours) % {"n": hours}
    clock = date_format(local, "H:i")
    days = (today.date() - local.date()).days
    if days == 0:
        return _("aujourd'hui à %(clock)s") % {"clock": clock}
    if days == 1:
        return _("hier à %(clock)s") % {"clock": clock}
    return _("le %(day)s à %(clock)s") % {"day": date_format(local, "j F"), "clock": clock}


@register.simple_tag
def il_y_a(moment: datetime | None) -> SafeString | str:
    """`<time>` with the moment as people say it; exact in `datetime` and on hover."""
    if moment is None:
        return ""
    return _time_element(moment, said_time(moment, timezone.now()))


@register.simple_tag
def heure(moment: datetime | None) -> SafeString | str:
    """`<time>` with the hour and minute only, for a message under its day separator."""
    if moment is None:
        return ""
    return _time_element(moment, date_format(timezone.localtime(moment), "H:i"))


def _time_element(moment: datetime, text: str) -> SafeString:
    local = timezone.localtime(moment)
    exact = date_format(local, r"l j F Y à H:i")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, text)
