"""The site of administration, and the base of each of its pages: own territory, everywhere.

Django scopes what `get_queryset` feeds: list, change, history, delete and autocomplete pages. It
leaves four ways open, closed here: filters that list foreign names, choices of foreign keys,
posted foreign ids, and an object moved elsewhere by its own form.
"""

import re
from functools import update_wrapper
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.checks import CheckMessage, Error
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from comptes import journal, second_factor
from comptes.models import Act
from orientation.scope import Level, Role, Scope, scope_for
from orientation.scoped_queries import visible

LOOKUP = re.compile(r"^(__(code|id|pk|code_insee))?__(exact|isnull|in|gte|lt|lte|year|month|day)$")
CLOSED_PAGES = {"view_on_site"}
# The menu: titles and models in the order of the work, not by application.
SECTIONS = (
    ("Personnes", ("User", "Membership", "InvitedRole")),
    ("Lieux de soins", ("Cpts", "Sas", "Structure", "Commune")),
    ("Service", ("Opening", "RuleSet", "ErasureRequest")),
)


def administrator_scope(request: HttpRequest) -> Scope | None:
    """The scope of an administrator who may be here; None for everybody else.

    A superuser has no territory: refused, unless the settings accept it (never in production).
    """
    if not hasattr(request, "_administrator_scope"):
        request._administrator_scope = _administrator_scope(request)
    return request._administrator_scope


def _administrator_scope(request: HttpRequest) -> Scope | None:
    user = request.user
    if not user.is_authenticated or second_factor.missing(user, request.session):
        return None
    if user.is_superuser:
        if not (settings.ADMIN_ACCEPTS_SUPERUSER and user.is_active):
            return None
        return Scope(level=Level.NATION, user_id=user.pk, roles=frozenset({Role.NATIONAL_ADMIN}))
    scope = scope_for(user)
    return scope if scope.is_administrator else None


def object_ref(obj: Model) -> str:
    return f"{obj._meta.label_lower}:{obj.pk}"


class AdministrationSite(admin.AdminSite):
    site_header = "Administration"
    site_title = "Administration"
    index_title = "Mon territoire"
    empty_value_display = "—"
    # The home page needs floors above this one: the roof sets it (config.urls).
    index_view = None

    def has_permission(self, request: HttpRequest) -> bool:
        return administrator_scope(request) is not None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                return self.login(request)
            return inner(request, *args, **kwargs)

        return update_wrapper(gate, view)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one sign-in page, with its second factor and its limits: the accounts' one."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied
        target = request.GET.get("next") or request.get_full_path()
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': target})}")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return redirect("account_logout")
        get_adapter(request).logout(request)
        return redirect(settings.ACCOUNT_LOGOUT_REDIRECT_URL)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    password_change_done = password_change

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if self.index_view is not None:
            return self.index_view(request, administrator_scope(request))
        return super().index(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu by SECTIONS; a model that no section names would be missed by a test."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        models = {
            model["object_name"]: model
            for app in super().get_app_list(request)
            for model in app["models"]
        }
        home = reverse("admin:index")
        return [
            {
                "name": title,
                "app_label": f"section-{number}",
                "app_url": home,
                "has_module_perms": True,
                "models": [models[name] for name in names if name in models],
            }
            for number, (title, names) in enumerate(SECTIONS)
            if models
        ]

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        return [url for url in urls if getattr(url, "name", None) not in CLOSED_PAGES]


administration = AdministrationSite(name="admin")


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """A filter on a relation that lists only what the scope lets see."""

    def field_choices(self, field: Field, request: HttpRequest, model_admin: Any) -> list[Any]:
        allowed = visible(field.remote_field.model, administrator_scope(request))
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"pk__in": allowed.values("pk")},
        )


class _Scoped:
    """What pages and inlines share: rows, choices, and rights taken from the scope alone."""

    model: type[Model]

    def scope(self, request: HttpRequest) -> Scope:
        scope = administrator_scope(request)
        if scope is None:
            raise PermissionDenied
        return scope

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = visible(self.model, self.scope(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.choices(db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = self.choices(db_field, request)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the small windows that add, change or show the related object."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_add_related = False
            field.widget.can_change_related = False
            field.widget.can_delete_related = False
            field.widget.can_view_related = False
        return field

    def choices(self, db_field: Any, request: HttpRequest) -> QuerySet:
        """What a relation may point at; a page narrows it further if it must."""
        return visible(db_field.remote_field.model, self.scope(request))

    # Rights: Django's groups and permissions are never asked.

    def may_add(self, scope: Scope) -> bool:
        return True

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return True

    def may_delete(self, scope: Scope, obj: Any | None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return administrator_scope(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        scope = administrator_scope(request)
        return scope is not None and self.may_add(scope)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        scope = administrator_scope(request)
        return scope is not None and self.may_change(scope, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        scope = administrator_scope(request)
        return scope is not None and self.may_delete(scope, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return administrator_scope(request) is not None

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Refuse, at start, the options that leak foreign names."""
        errors = super().check(**kwargs)
        if self.raw_id_fields:
            errors.append(Error("raw_id_fields shows foreign names", obj=self, id="admin.S001"))
        for item in getattr(self, "list_filter", ()):
            if isinstance(item, str) and self.model._meta.get_field(item).is_relation:
                errors.append(
                    Error(f"list_filter on {item} lists foreign names", obj=self, id="admin.S002")
                )
        return errors


class ScopedInline(_Scoped, admin.TabularInline):
    extra = 0
    show_change_link = False


class ScopedModelAdmin(_Scoped, admin.ModelAdmin):
    """The base of every page: rows, choices, rights, journal, and a last look after saving."""

    save_on_top = False
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        name = str(self.opts.verbose_name)
        title = {"title": capfirst(name) if object_id else f"Ajouter : {name}"}
        return super().changeform_view(request, object_id, form_url, title | (extra_context or {}))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a filter of the page asks: an address typed by hand questions nothing else."""
        for item in self.get_list_filter(request):
            name = getattr(item, "parameter_name", item[0] if isinstance(item, tuple) else item)
            if lookup == name or (
                lookup.startswith(name) and LOOKUP.match(lookup.removeprefix(name))
            ):
                return True
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._look_again(request, form.instance)

    def _look_again(self, request: HttpRequest, obj: Model) -> None:
        """After the save, in its transaction: is the object still one's own?"""
        scope = self.scope(request)
        kept = visible(self.model, scope).filter(pk=obj.pk).first()
        if kept is None or not self.may_change_after(scope, kept):
            raise PermissionDenied

    def may_change_after(self, scope: Scope, obj: Any) -> bool:
        """Whether the object, as saved, is one that this scope may write."""
        return self.may_change(scope, obj)

    # Journal: one line per act, in the transaction of the page.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        journal.record(Act.ADMIN_ADDED, actor=request.user, object_ref=object_ref(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        journal.record(Act.ADMIN_CHANGED, actor=request.user, object_ref=object_ref(obj))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            journal.record(Act.ADMIN_DELETED, actor=request.user, object_ref=object_ref(obj))
        return super().log_deletions(request, queryset)
