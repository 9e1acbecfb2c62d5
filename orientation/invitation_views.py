"""The page an invited person opens: choose a password, then sign in and enrol a second factor."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from comptes.invitations import InvitationRefused, pending, standing_account
from comptes.models import Invitation, User
from orientation import invitations

HELD = "invitation"  # session: the secret of the link, out of the address


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Votre mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Douze caractères au moins. Une phrase se retient bien.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password


@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the secret in the session and lead to an address without it."""
    request.session[HELD] = token
    return redirect("invitation:accepter")


@never_cache
@require_http_methods(["GET", "POST"])
def accept_page(request: HttpRequest) -> HttpResponse:
    invitation = pending(request.session.get(HELD, ""))
    if invitation is None:
        return _page(request, status=410)
    standing = standing_account(invitation)
    if standing is not None:
        return _with_standing_account(request, invitation, standing)
    if request.user.is_authenticated:
        return _page(request, invitation=invitation, problem="OTHER_ACCOUNT")
    person = User(
        email=invitation.email, first_name=invitation.first_name, last_name=invitation.last_name
    )
    form = PasswordForm(request.POST or None, user=person)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["password"]
        try:
            user = invitations.accept(invitation, password=password)
        except InvitationRefused as refused:
            form.add_error(None, str(refused))
        else:
            del request.session[HELD]
            return _sign_in(request, user, password)
    return _page(request, invitation=invitation, form=form)


def _with_standing_account(
    request: HttpRequest, invitation: Invitation, standing: User
) -> HttpResponse:
    """The address already has an account: of the same kind it takes the role, else it cannot."""
    if standing.kind != invitation.kind:
        return _page(request, invitation=invitation, problem="OTHER_KIND")
    if request.user != standing:
        query = urlencode({"next": request.path})
        login = f"{reverse('account_login')}?{query}"
        return _page(request, invitation=invitation, problem="SIGN_IN", login=login)
    if request.method == "POST":
        try:
            invitations.accept(invitation, user=standing)
        except InvitationRefused:
            return _page(request, status=410)
        del request.session[HELD]
        return redirect("accueil")
    return _page(request, invitation=invitation, joining=True)


def _sign_in(request: HttpRequest, user: User, password: str) -> HttpResponse:
    """By the sign-in form itself: same limits, same journal, then the second factor."""
    form = LoginForm({"login": user.email, "password": password}, request=request)
    if form.is_valid():
        return form.login(request)
    return redirect("account_login")


def _page(request: HttpRequest, *, status: int = 200, **values: Any) -> HttpResponse:
    context = {
        "invitation": None,
        "form": None,
        "problem": "",
        "login": "",
        "joining": False,
        **values,
    }
    return render(request, "account/invitation.html", context, status=status)
