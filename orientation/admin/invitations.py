"""Invite a professional, a coordinator, an administrator or an evaluator to one's own territory."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from comptes.models import Invitation, Profession, validate_rpps
from orientation import invitations
from orientation.admin.people import REGIONAL_ROLES
from orientation.models import STRUCTURE_ROLES, InvitedRole, Role
from orientation.scope import Scope
from orientation.scoped_admin import ScopedModelAdmin, administration
from orientation.territory_forms import TerritoryForm

PERSON = ("email", "first_name", "last_name", "rpps", "profession")


class InvitationForm(TerritoryForm):
    """The person and the role, on one page."""

    email = forms.EmailField(label="Adresse électronique professionnelle")
    first_name = forms.CharField(label="Prénom", max_length=80)
    last_name = forms.CharField(label="Nom", max_length=80)
    rpps = forms.CharField(
        label="Numéro RPPS",
        required=False,
        max_length=11,
        validators=[validate_rpps],
        help_text="Onze chiffres. Pour un professionnel de santé.",
    )
    profession = forms.ChoiceField(
        label="Profession", required=False, choices=[("", "—"), *Profession.choices]
    )

    class Meta:
        model = InvitedRole
        fields = ("role", "structure", "region", "departement")

    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if not self.scope.is_national and role not in REGIONAL_ROLES:
            raise forms.ValidationError("Seul un administrateur national donne ce rôle.")
        return role

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        role = cleaned.get("role")
        if not {"rpps", "profession"} & self.errors.keys():  # a wrong number is said once
            self._check_profession(role, cleaned)
        if role in STRUCTURE_ROLES or role == Role.NATIONAL_ADMIN:
            return cleaned  # the place of these roles is checked by the model
        self.national_allowed = role == Role.EVALUATOR
        return super().clean()

    @staticmethod
    def _check_profession(role: str | None, cleaned: dict[str, Any]) -> None:
        if role == Role.PROFESSIONAL and not (cleaned.get("rpps") and cleaned.get("profession")):
            raise forms.ValidationError(
                "Un professionnel a un numéro RPPS et une profession : donnez les deux."
            )
        if role not in STRUCTURE_ROLES and (cleaned.get("rpps") or cleaned.get("profession")):
            raise forms.ValidationError(
                "Un administrateur ou un évaluateur n'a ni numéro RPPS ni profession."
            )
        if bool(cleaned.get("rpps")) != bool(cleaned.get("profession")):
            raise forms.ValidationError("Donnez le numéro RPPS et la profession, ou aucun.")


@admin.register(InvitedRole, site=administration)
class InvitedRoleAdmin(ScopedModelAdmin):
    """Sent invitations are read; a new one is a new row."""

    form = InvitationForm
    list_display = ("person", "email", "role", "where", "sent", "state")
    list_filter = ("role",)
    list_select_related = ("invitation", "structure", "region", "departement")
    search_fields = ("invitation__last_name", "=invitation__email")
    autocomplete_fields = ("structure",)
    ordering = ("-invitation__created_at",)
    add_fieldsets = (
        ("La personne", {"fields": PERSON}),
        ("Son rôle", {"fields": ("role", "structure", "region", "departement")}),
    )
    fields = ("person", "email", "role", "where", "sent", "state")
    readonly_fields = ("person", "email", "where", "sent", "state")

    @admin.display(description="personne", ordering="invitation__last_name")
    def person(self, obj: InvitedRole) -> str:
        return str(obj.invitation)

    @admin.display(description="adresse")
    def email(self, obj: InvitedRole) -> str:
        return obj.invitation.email

    @admin.display(description="où")
    def where(self, obj: InvitedRole) -> str:
        return str(obj.structure or obj.departement or obj.region or "France")

    @admin.display(description="envoyée le", ordering="invitation__created_at")
    def sent(self, obj: InvitedRole) -> Any:
        return obj.invitation.created_at

    @admin.display(description="état")
    def state(self, obj: InvitedRole) -> str:
        if obj.invitation.accepted_at:
            return "acceptée"
        return "en attente" if obj.invitation.expires_at > timezone.now() else "périmée"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("invitation")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.scope = self.scope(request)
        return form

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role" and not self.scope(request).is_national:
            kwargs["choices"] = [(role.value, role.label) for role in REGIONAL_ROLES]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False

    def may_change_after(self, scope: Scope, obj: InvitedRole) -> bool:
        """Visible already means: for a place of one's own."""
        return True

    def save_model(self, request: HttpRequest, obj: InvitedRole, form: Any, change: bool) -> None:
        invitation = Invitation(**{name: form.cleaned_data[name] for name in PERSON})
        invitations.invite(
            invitation,
            obj,
            by=request.user,
            link=lambda token: request.build_absolute_uri(
                reverse("invitation:ouvrir", args=[token])
            ),
        )
