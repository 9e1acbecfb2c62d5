"""People of the territory and their roles. Patients are never here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from comptes.models import Professional, User, UserKind
from orientation import roles
from orientation.models import Membership, Role, Structure
from orientation.scope import ROLES_OF_KIND, Scope
from orientation.scoped_admin import (
    ScopedInline,
    ScopedModelAdmin,
    ScopedRelatedFilter,
    administration,
)
from orientation.scoped_queries import visible
from orientation.territory_forms import TerritoryForm

# What a regional administrator may give; the other roles are given by the nation.
REGIONAL_ROLES = [Role.PROFESSIONAL, Role.COORDINATOR, Role.EVALUATOR]


def manages(scope: Scope, user: User) -> bool:
    """Whether this scope may change an account: every role it holds is of one's territory."""
    if scope.is_national:
        return True
    if user.kind not in (UserKind.PROFESSIONAL, UserKind.EVALUATOR):
        return False
    held = Membership.objects.filter(user=user)
    return not held.exclude(pk__in=Membership.objects.visible_to(scope).values("pk")).exists()


class ReadOnlyInline(ScopedInline):
    can_delete = False

    def may_add(self, scope: Scope) -> bool:
        return False

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False


class ProfessionalInline(ReadOnlyInline):
    model = Professional
    fields = ("rpps", "profession")
    verbose_name_plural = "exercice"


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("role", "structure", "region", "departement", "starts_on", "ends_on")


@admin.register(User, site=administration)
class PersonAdmin(ScopedModelAdmin):
    """A person comes in by invitation; here one corrects a name or closes an account."""

    list_display = ("person_name", "kind", "email", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("last_name", "first_name", "=email")
    ordering = ("last_name", "first_name", "pk")
    fields = ("first_name", "last_name", "email", "kind", "is_active", "last_login", "is_demo")
    readonly_fields = ("email", "kind", "last_login", "is_demo")
    inlines = (ProfessionalInline, MembershipInline)

    @admin.display(description="personne", ordering="last_name")
    def person_name(self, obj: User) -> str:
        return obj.get_full_name() or obj.email

    def may_add(self, scope: Scope) -> bool:
        return False

    def may_change(self, scope: Scope, obj: User | None) -> bool:
        return obj is None or (manages(scope, obj) and obj.pk != scope.user_id)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.save(update_fields=["first_name", "last_name"])
        if "is_active" in form.changed_data:
            roles.set_active(obj, obj.is_active, by=request.user)


class MembershipForm(TerritoryForm):
    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if not self.scope.is_national and role not in REGIONAL_ROLES:
            raise forms.ValidationError("Seul un administrateur national donne ce rôle.")
        return role

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        role, user = cleaned.get("role"), cleaned.get("user")
        if role and user and role not in ROLES_OF_KIND[UserKind(user.kind)]:
            raise forms.ValidationError("Ce type de compte ne peut pas avoir ce rôle.")
        if role == Role.NATIONAL_ADMIN or role in (Role.PROFESSIONAL, Role.COORDINATOR):
            return cleaned  # the place of these roles is checked by the model
        self.national_allowed = role == Role.EVALUATOR
        return super().clean()


@admin.register(Membership, site=administration)
class MembershipAdmin(ScopedModelAdmin):
    """A role is a dated row: its end is written, its past is not."""

    form = MembershipForm
    list_display = ("user", "role", "where", "starts_on", "ends_on")
    list_filter = ("role", ("structure", ScopedRelatedFilter))
    list_select_related = ("user", "structure", "region", "departement")
    search_fields = ("user__last_name", "user__first_name", "structure__name")
    autocomplete_fields = ("user", "structure")
    fields = ("user", "role", "structure", "region", "departement", "starts_on", "ends_on")

    @admin.display(description="où")
    def where(self, obj: Membership) -> str:
        return str(obj.structure or obj.departement or obj.region or "France")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.scope = self.scope(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields if name != "ends_on") if obj else ()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role" and not self.scope(request).is_national:
            kwargs["choices"] = [(role.value, role.label) for role in REGIONAL_ROLES]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def may_change(self, scope: Scope, obj: Membership | None) -> bool:
        if obj is None or scope.is_national:
            return True
        return obj.role in REGIONAL_ROLES and self._own_place(scope, obj)

    def _own_place(self, scope: Scope, obj: Membership) -> bool:
        if obj.structure_id:
            return visible(Structure, scope).filter(pk=obj.structure_id).exists()
        return obj.region_id in scope.region_codes or obj.departement_id in scope.departement_codes

    def may_delete(self, scope: Scope, obj: Membership | None) -> bool:
        return (
            obj is not None and obj.starts_on > timezone.localdate() and self.may_change(scope, obj)
        )

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            roles.end(obj, on=obj.ends_on, by=request.user)
        else:
            roles.grant(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        roles.remove(obj, by=request.user)
