"""Openings of territories, with their hours of service and their dated settings."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from orientation.models import FinancingSetting, Opening, ServiceHours
from orientation.scope import Scope
from orientation.scoped_admin import (
    ScopedInline,
    ScopedModelAdmin,
    ScopedRelatedFilter,
    administration,
)
from orientation.territory_forms import TerritoryForm


class HoursFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """Refuse spans of one day that overlap: the promise would count an hour twice."""
        super().clean()
        spans = sorted(
            (data["weekday"], data["starts_at"], data["ends_at"])
            for form in self.forms
            if (data := getattr(form, "cleaned_data", None))
            and not data.get("DELETE")
            and None not in (data.get("weekday"), data.get("starts_at"), data.get("ends_at"))
        )
        for before, after in zip(spans, spans[1:], strict=False):
            if before[0] == after[0] and after[1] < before[2]:
                raise forms.ValidationError("Deux plages du même jour se recouvrent.")


class HoursInline(ScopedInline):
    model = ServiceHours
    formset = HoursFormSet

    def may_delete(self, scope: Scope, obj: Any | None) -> bool:
        return True


class FinancingInline(ScopedInline):
    """A past value is never rewritten: a new one is added, with its date."""

    model = FinancingSetting

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False


@admin.register(Opening, site=administration)
class OpeningAdmin(ScopedModelAdmin):
    form = TerritoryForm
    list_display = ("where", "opens_on", "closes_on", "decree_reference", "promise_minutes")
    list_filter = (("region", ScopedRelatedFilter), ("departement", ScopedRelatedFilter))
    list_select_related = ("region", "departement")
    inlines = (HoursInline, FinancingInline)
    fieldsets = (
        (None, {"fields": ("region", "departement", "opens_on", "closes_on", "decree_reference")}),
        ("Ce qui est promis", {"fields": ("promise_minutes", "reopen_days")}),
    )

    @admin.display(description="territoire")
    def where(self, obj: Opening) -> str:
        return str(obj.departement or obj.region)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.scope = self.scope(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("region", "departement") if obj else ()

    def may_delete(self, scope: Scope, obj: Opening | None) -> bool:
        return obj is not None and obj.opens_on > timezone.localdate()
