"""The pages that enrol or remove a second factor: allauth's, with what our sessions need."""

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as BaseAuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from comptes import journal
from comptes.models import Act
from comptes.second_factor import note_enrolled


def _enrolled(request: HttpRequest) -> None:
    note_enrolled(request)
    journal.record(Act.SECOND_FACTOR_CHANGED, actor=request.user, reason="ajouté")


def _removed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    journal.record(Act.SECOND_FACTOR_CHANGED, actor=request.user, reason="retiré")
    return response


class ActivateTotp(ActivateTOTPView):
    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        _enrolled(self.request)
        return response


class DeactivateTotp(DeactivateTOTPView):
    """Its form asks the adapter whether this factor may go."""

    def form_valid(self, form: Form) -> HttpResponse:
        return _removed(self.request, super().form_valid(form))


class AddSecurityKey(AddWebAuthnView):
    def form_valid(self, form: Form) -> HttpResponse:
        response = super().form_valid(form)
        _enrolled(self.request)
        return response


class RemoveSecurityKey(RemoveWebAuthnView):
    """Refuses to remove the last factor of an account that needs one."""

    def form_valid(self, form: Form) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            get_account_adapter().add_message(
                self.request,
                messages.ERROR,
                message=_("Gardez au moins un second facteur : ajoutez-en un autre d'abord."),
            )
            return HttpResponseRedirect(reverse("mfa_list_webauthn"))
        return _removed(self.request, super().form_valid(form))


class AuthenticateForm(BaseAuthenticateForm):
    """The code asked at sign-in; a wrong one leaves a line in the journal."""

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        super()._emit_authentication_failed(authenticator)
        journal.record(
            Act.SIGN_IN_FAILED,
            actor=None,
            object_ref=f"comptes.user:{self.user.pk}",
            reason="second facteur",
        )
