"""Administration: requests to erase. Numbers, places, reasons and dates; never a content or a name
of a patient. One person asks, another confirms."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format

from messagerie import actions, retention
from messagerie.errors import Refused
from messagerie.models import ErasureReason, ErasureRefusal, ErasureRequest, ErasureState
from orientation.scope import Scope
from orientation.scoped_admin import ScopedModelAdmin, ScopedRelatedFilter, administration


class AskForm(forms.Form):
    """The first person: which conversation, and why."""

    number = forms.UUIDField(
        label="Numéro du dossier",
        help_text="Le patient le lit dans « Mon dossier » : des chiffres, des lettres, des tirets.",
        error_messages={"invalid": "Ce numéro n'est pas complet : vérifiez-le."},
        widget=forms.TextInput(attrs={"size": 40, "autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.ChoiceField(label="Raison", choices=[("", "Choisissez"), *ErasureReason.choices])


class RefusalForm(forms.Form):
    refusal = forms.ChoiceField(
        label="Pourquoi (le patient lira cette raison)",
        choices=[("", "Choisissez"), *ErasureRefusal.choices],
    )


class ConfirmForm(forms.Form):
    understood = forms.BooleanField(
        label="Je confirme : ce contenu sera détruit pour toujours",
        error_messages={"required": "Cochez la case pour confirmer."},
    )


@admin.register(ErasureRequest, site=administration)
class ErasureRequestAdmin(ScopedModelAdmin):
    list_display = ("number", "state", "reason", "departement", "since")
    list_filter = ("state", ("departement", ScopedRelatedFilter))
    list_select_related = ("departement",)
    fields = (
        "number",
        "departement",
        "opened_on",
        "closed_on",
        "state",
        "reason",
        "requested_at",
        "asked_by",
        "asked_at",
        "refusal",
        "decided_by",
        "decided_at",
    )
    readonly_fields = fields
    change_form_template = "admin/messagerie/erasurerequest/change_form.html"
    change_list_template = "admin/messagerie/erasurerequest/change_list.html"

    @admin.display(description="numéro du dossier")
    def number(self, obj: ErasureRequest) -> str:
        return str(obj.conversation_id)

    @admin.display(description="depuis")
    def since(self, obj: ErasureRequest) -> Any:
        return obj.requested_at or obj.asked_at

    @admin.display(description="ouverte le")
    def opened_on(self, obj: ErasureRequest) -> Any:
        return date_format(timezone.localtime(obj.conversation.opened_at))

    @admin.display(description="close le")
    def closed_on(self, obj: ErasureRequest) -> Any:
        closed = obj.conversation.closed_at
        return date_format(timezone.localtime(closed)) if closed else None

    def may_change(self, scope: Scope, obj: Any | None) -> bool:
        return False

    # The acts: each on its own page, through messagerie.actions alone

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        name = "messagerie_erasurerequest"
        own = [
            path("<int:pk>/reprendre/", view(self.take_up_page), name=f"{name}_take_up"),
            path("<int:pk>/confirmer/", view(self.confirm_page), name=f"{name}_confirm"),
            path("<int:pk>/refuser/", view(self.refuse_page), name=f"{name}_refuse"),
        ]
        return own + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        classes = {"classes": retention.shown(timezone.localdate())}
        return super().changelist_view(request, classes | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        state = found.state if found else ""
        extra = {
            "is_requested": state == ErasureState.REQUESTED,
            "is_asked": state == ErasureState.ASKED,
            "is_mine": bool(found and found.asked_by_id == request.user.pk),
        }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        form = AskForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._ask(
                request, form, form.cleaned_data["number"], form.cleaned_data["reason"]
            )
        return self._page(request, form, title="Demander un effacement", button="Demander")

    def _ask(
        self, request: HttpRequest, form: forms.Form, number: UUID, reason: str
    ) -> HttpResponse:
        try:
            asked = actions.ask_erasure(
                number, administrator=request.user, scope=self.scope(request), reason=reason
            )
        except Refused as refused:
            form.add_error(None, _said(refused))
            return self._page(request, form, title="Demander un effacement", button="Demander")
        messages.success(request, "La demande attend maintenant une seconde personne.")
        return redirect(reverse("admin:messagerie_erasurerequest_change", args=[asked.pk]))

    def _request(self, request: HttpRequest, pk: int) -> ErasureRequest:
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def take_up_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The first person takes up what the patient asked."""
        found = self._request(request, pk)
        form = ReasonForm(request.POST or None, initial={"reason": found.reason})
        return self._act(
            request,
            found,
            form,
            lambda: actions.ask_erasure(
                found.conversation_id,
                administrator=request.user,
                scope=self.scope(request),
                reason=form.cleaned_data["reason"],
            ),
            title="Reprendre la demande du patient",
            button="Demander l'effacement",
            done="La demande attend maintenant une seconde personne.",
        )

    def confirm_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The second person."""
        found = self._request(request, pk)
        form = ConfirmForm(request.POST or None)
        return self._act(
            request,
            found,
            form,
            lambda: actions.confirm_erasure(
                found.pk, administrator=request.user, scope=self.scope(request)
            ),
            title="Confirmer l'effacement",
            button="Effacer pour toujours",
            done="Le contenu est effacé. La clé de cette conversation est détruite.",
        )

    def refuse_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self._request(request, pk)
        form = RefusalForm(request.POST or None)
        return self._act(
            request,
            found,
            form,
            lambda: actions.refuse_erasure(
                found.pk,
                administrator=request.user,
                scope=self.scope(request),
                refusal=form.cleaned_data["refusal"],
            ),
            title="Refuser l'effacement",
            button="Refuser",
            done="La demande est refusée. Le patient lit la raison dans « Mon dossier ».",
        )

    def _act(
        self,
        request: HttpRequest,
        found: ErasureRequest,
        form: forms.Form,
        act: Any,
        *,
        title: str,
        button: str,
        done: str,
    ) -> HttpResponse:
        if request.method == "POST" and form.is_valid():
            try:
                act()
            except Refused as refused:
                form.add_error(None, _said(refused))
            else:
                messages.success(request, done)
                return redirect(reverse("admin:messagerie_erasurerequest_change", args=[found.pk]))
        return self._page(request, form, title=title, button=button, found=found)

    def _page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        title: str,
        button: str,
        found: ErasureRequest | None = None,
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "form": form,
            "button": button,
            "found": found,
            "opts": self.opts,
        }
        return render(request, "admin/messagerie/erasurerequest/act.html", context)


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(label="Raison", choices=ErasureReason.choices)


def _said(refused: Refused) -> str:
    """A number that is not in the territory and one that does not exist: one sentence."""
    if refused.status == 404:
        return "Aucune conversation de votre territoire ne porte ce numéro."
    return refused.sentence
