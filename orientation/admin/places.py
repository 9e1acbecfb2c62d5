"""Structures and communes."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import path

from orientation.admin.cpts_import_page import import_page
from orientation.coverage import cpts_count
from orientation.models import Commune, CommuneCoverage, Cpts, Sas, Structure, StructureKind
from orientation.scope import Scope
from orientation.scoped_admin import (
    ScopedInline,
    ScopedModelAdmin,
    ScopedRelatedFilter,
    administration,
)


class CoverageInline(ScopedInline):
    """Communes of one's own departments. A row is added or removed, never rewritten."""

    model = CommuneCoverage
    autocomplete_fields = ("commune",)
    verbose_name_plural = "communes couvertes"

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False

    def may_delete(self, scope: Scope, obj: Any | None) -> bool:
        return True


@admin.register(Structure, site=administration)
class StructureAdmin(ScopedModelAdmin):
    list_display = ("name", "kind", "departement", "coverage_count", "state")
    list_filter = (
        "kind",
        ("departement", ScopedRelatedFilter),
        "accepts_orientations",
        "is_fictitious",
    )
    list_select_related = ("departement",)
    ordering = ("name", "pk")
    search_fields = ("name", "identifier")
    readonly_fields = ("is_fictitious",)
    inlines = (CoverageInline,)
    fieldsets = (
        (None, {"fields": ("name", "kind", "identifier", "departement", "is_fictitious")}),
        (
            "Où et quand",
            {"fields": ("address", "phone", "samu_line", "opening_note", "latitude", "longitude")},
        ),
        ("Orientations", {"fields": ("accepts_orientations", "closed_on")}),
        ("Source", {"fields": ("source", "source_date")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(covered=Count("coverages"))

    @admin.display(description="communes", ordering="covered")
    def coverage_count(self, obj: Structure) -> int:
        return obj.covered

    @admin.display(description="état")
    def state(self, obj: Structure) -> str:
        said = f"fermée le {obj.closed_on:%d/%m/%Y}" if obj.closed_on else "ouverte"
        return f"{said} · lieu fictif" if obj.is_fictitious else said

    def may_change_after(self, scope: Scope, obj: Structure) -> bool:
        """In one's department, and every commune it covers is one's own too."""
        if scope.is_national:
            return True
        foreign = obj.coverages.exclude(commune__departement__in=scope.departement_codes)
        return obj.departement_id in scope.departement_codes and not foreign.exists()


class OneKindAdmin(StructureAdmin):
    """Structures of one kind: the kind is not asked."""

    kind: StructureKind
    list_display = ("name", "departement", "coverage_count", "state")
    list_filter = (("departement", ScopedRelatedFilter), "accepts_orientations", "is_fictitious")
    fieldsets = (
        (None, {"fields": ("name", "identifier", "departement", "is_fictitious")}),
        *StructureAdmin.fieldsets[1:],
    )

    def save_model(self, request: HttpRequest, obj: Structure, form: Any, change: bool) -> None:
        obj.kind = self.kind
        super().save_model(request, obj, form, change)


@admin.register(Cpts, site=administration)
class CptsAdmin(OneKindAdmin):
    kind = StructureKind.CPTS

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(partial(import_page, self))
        return [path("importer/", view, name="orientation_cpts_import"), *super().get_urls()]


@admin.register(Sas, site=administration)
class SasAdmin(OneKindAdmin):
    kind = StructureKind.SAS


class CoveredFilter(admin.SimpleListFilter):
    """Communes that no open CPTS covers, or that several cover."""

    title = "CPTS"
    parameter_name = "cpts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("aucune", "aucune"), ("plusieurs", "plusieurs")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "aucune":
            return queryset.filter(cpts_count=0)
        if self.value() == "plusieurs":
            return queryset.filter(cpts_count__gt=1)
        return queryset


@admin.register(Commune, site=administration)
class CommuneAdmin(ScopedModelAdmin):
    """Read only: the territory is loaded, never written here."""

    list_display = ("label", "code_insee", "departement", "population", "cpts_count")
    list_filter = (CoveredFilter, ("departement", ScopedRelatedFilter))
    list_select_related = ("departement",)
    search_fields = ("label", "=code_insee", "^search_name")
    fields = ("label", "code_insee", "departement", "population")
    ordering = ("-population", "code_insee")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(cpts_count=cpts_count())

    @admin.display(description="CPTS", ordering="cpts_count")
    def cpts_count(self, obj: Commune) -> int:
        return obj.cpts_count

    def may_add(self, scope: Scope) -> bool:
        return False

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False
