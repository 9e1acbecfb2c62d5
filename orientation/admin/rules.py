"""Rules: each one as a French sentence; drafts are changed, published versions are read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join

from orientation import rule_sets
from orientation.models import Departement, Region, Rule, RuleSet, RuleSetState
from orientation.motives import Motive
from orientation.resolver import commune_by_insee
from orientation.rule_specs import Condition
from orientation.scope import Scope
from orientation.scoped_admin import (
    ScopedInline,
    ScopedModelAdmin,
    ScopedRelatedFilter,
    administration,
)
from orientation.scoped_queries import visible
from orientation.territory_forms import TerritoryForm


class RuleForm(forms.ModelForm):
    """A rule; what its condition needs is typed as plain words, not as JSON."""

    precision = forms.CharField(
        label="précision",
        required=False,
        widget=forms.TextInput(attrs={"size": 14}),
        help_text="Un âge en années, des codes de communes, ou des codes de motifs.",
    )

    class Meta:
        model = Rule
        fields = ("position", "condition", "precision", "destination")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["precision"] = _as_words(self.instance.params)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.instance.params = _params(cleaned.get("condition"), cleaned.get("precision") or "")
        return cleaned


def _as_words(params: dict[str, Any]) -> str:
    return " ".join(
        " ".join(map(str, value)) if isinstance(value, list) else str(value)
        for value in params.values()
    )


def _params(condition: str | None, words: str) -> dict[str, Any]:
    """What was typed, as the condition keeps it. Raises ValidationError, in French."""
    items = words.replace(",", " ").replace(";", " ").split()
    match condition:
        case Condition.AGE_UNDER | Condition.AGE_AT_LEAST:
            if len(items) != 1 or not (items[0].isascii() and items[0].isdigit()):
                raise forms.ValidationError("Donnez un âge en années.")
            return {"years": int(items[0][:4])}
        case Condition.COMMUNE_IN:
            found = [commune_by_insee(code) for code in items]
            if unknown := [code for code, row in zip(items, found, strict=True) if row is None]:
                raise forms.ValidationError(f"Commune inconnue : {', '.join(unknown)}.")
            return {"communes": list(dict.fromkeys(row.pk for row in found if row))}
        case Condition.MOTIVE_IN:
            known = {code.value for code in Motive}
            if unknown := [code for code in items if code not in known]:
                raise forms.ValidationError(
                    f"Motif inconnu : {', '.join(unknown)}. Motifs : {', '.join(sorted(known))}."
                )
            return {"motives": items}
    if items:
        raise forms.ValidationError("Cette condition n'a pas de précision.")
    return {}


class RuleInline(ScopedInline):
    model = Rule
    form = RuleForm
    fields = ("position", "condition", "precision", "destination")
    readonly_fields = ("sentence",)

    @admin.display(description="ce que dit la règle")
    def sentence(self, obj: Rule) -> str:
        return str(obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A published set is read as sentences only."""
        return self.fields if self.may_change(self.scope(request), obj) else ("sentence",)

    def may_change(self, scope: Scope, obj: RuleSet | None) -> bool:
        return obj is None or (obj.state == RuleSetState.DRAFT and rule_sets.owns(scope, obj))

    def may_delete(self, scope: Scope, obj: RuleSet | None) -> bool:
        return self.may_change(scope, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and self.may_change(
            self.scope(request), obj
        )


class RuleSetForm(TerritoryForm):
    national_allowed = True


class CopyForm(forms.Form):
    """For which territory the draft is made."""

    territory = forms.ChoiceField(label="Territoire du brouillon")

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        national = [("FR", "France")] if scope.is_national else []
        self.fields["territory"].choices = [
            *national,
            *((f"R-{row.pk}", row.name) for row in visible(Region, scope)),
            *((f"D-{row.pk}", str(row)) for row in visible(Departement, scope)),
        ]

    def place(self) -> dict[str, Any]:
        kind, _, code = self.cleaned_data["territory"].partition("-")
        return {
            "region": Region.objects.get(pk=code) if kind == "R" else None,
            "departement": Departement.objects.get(pk=code) if kind == "D" else None,
        }


class PublishForm(forms.Form):
    effective_from = forms.SplitDateTimeField(
        label="En vigueur à partir du",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",  # with seconds, a browser refuses every whole minute
        ),
    )


@admin.register(RuleSet, site=administration)
class RuleSetAdmin(ScopedModelAdmin):
    form = RuleSetForm
    list_display = ("name", "where", "version", "state", "effective_from")
    list_filter = (
        "state",
        ("region", ScopedRelatedFilter),
        ("departement", ScopedRelatedFilter),
    )
    list_select_related = ("region", "departement")
    inlines = (RuleInline,)
    fields = ("name", "region", "departement", "version", "state", "effective_from", "notes")
    change_form_template = "admin/orientation/ruleset/change_form.html"

    @admin.display(description="territoire")
    def where(self, obj: RuleSet) -> str:
        return str(obj.departement or obj.region or "France")

    @admin.display(description="à savoir")
    def notes(self, obj: RuleSet) -> str:
        found = rule_sets.notes(obj) if obj.pk else ()
        return format_html_join("", "<p>{}</p>", ((line,) for line in found)) or "Rien à signaler."

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.scope = self.scope(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = ("version", "state", "effective_from", "notes")
        return ("region", "departement", *fixed) if obj else fixed

    def may_change(self, scope: Scope, obj: RuleSet | None) -> bool:
        return obj is None or (obj.state == RuleSetState.DRAFT and rule_sets.owns(scope, obj))

    def may_delete(self, scope: Scope, obj: RuleSet | None) -> bool:
        return obj is not None and self.may_change(scope, obj)

    def save_model(self, request: HttpRequest, obj: RuleSet, form: Any, change: bool) -> None:
        if not change:
            obj.version = rule_sets.next_version(obj.region, obj.departement)
        super().save_model(request, obj, form, change)

    # Two acts of their own

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/dupliquer/", view(self.copy_page), name="orientation_ruleset_copy"),
            path("<int:pk>/publier/", view(self.publish_page), name="orientation_ruleset_publish"),
        ]
        return own + super().get_urls()

    def _set(self, request: HttpRequest, pk: int) -> RuleSet:
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        may_publish = (
            found is not None
            and self.may_change(self.scope(request), found)
            and found.rules.exists()
        )
        extra = {"may_publish": may_publish}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    def copy_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = self._set(request, pk)
        scope = self.scope(request)
        form = CopyForm(request.POST or None, scope=scope)
        if request.method == "POST" and form.is_valid():
            draft = rule_sets.copy_as_draft(source, **form.place(), scope=scope, by=request.user)
            messages.success(request, "Le brouillon est prêt : changez-le, puis publiez-le.")
            return redirect(reverse("admin:orientation_ruleset_change", args=[draft.pk]))
        return self._page(request, source, form, "Copier en brouillon", "Créer le brouillon")

    def publish_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        draft = self._set(request, pk)
        scope = self.scope(request)
        if not self.may_change(scope, draft):
            raise PermissionDenied
        now = timezone.localtime()
        form = PublishForm(request.POST or None, initial={"effective_from": now})
        if request.method == "POST" and form.is_valid():
            try:
                rule_sets.publish(
                    draft,
                    effective_from=form.cleaned_data["effective_from"],
                    scope=scope,
                    by=request.user,
                )
            except rule_sets.RulesRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "Les règles sont publiées.")
                return redirect(reverse("admin:orientation_ruleset_change", args=[draft.pk]))
        return self._page(request, draft, form, "Publier", "Publier ces règles")

    def _page(
        self, request: HttpRequest, rule_set: RuleSet, form: forms.Form, title: str, button: str
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": f"{title} : {rule_set}",
            "form": form,
            "button": button,
            "rule_set": rule_set,
            "sentences": [str(rule) for rule in rule_set.rules.all()],
            "notes": rule_sets.notes(rule_set),
            "opts": self.opts,
        }
        return render(request, "admin/orientation/ruleset/act.html", context)
