"""Error pages in French. Each says what happened and what to do next, never a detail of code."""

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from messagerie.typed import route_of, typed_in
from messagerie.views.session_over import sign_in_url, way_back
from messagerie.views.signs import advice_to_whoever

OWN_SPACES = ("console:", "patient:")
# Pages of the account that anybody opens, and that hold their own form.
FORM_PAGES = {
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_request_login_code",
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return too_large(request)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def wrong_method(request: HttpRequest) -> HttpResponse:
    """An address that only takes a form, opened by a link or typed again."""
    return render(request, "405.html", status=405)


class WrongMethodMiddleware(MiddlewareMixin):
    """A page instead of the empty answer of Django, which a browser shows as a broken site."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 405 or response.streaming or response.content:
            return response
        page = wrong_method(request)
        page["Allow"] = response["Allow"]
        return page


def too_large(request: HttpRequest) -> HttpResponse:
    """A file or a form larger than what the service accepts."""
    return render(request, "413.html", status=413)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too many tries in a short time (sign-in, codes, sends)."""
    return render(request, "429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Stands alone: no database, no context processor, nothing that may fail again."""
    return HttpResponse(get_template("500.html").template.render(Context()), status=500)  # type: ignore[attr-defined]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from another site: nothing was sent, nothing was changed.

    Each text that was in it is given back, so that it can be copied; danger signs that were ticked
    come with whom to call. Nothing is kept: another site may have written it.
    """
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    route, back = route_of(request), _page_of_form(request)
    must_sign_in = route.startswith(OWN_SPACES) and not signed_in
    context = {
        "typed": typed_in(request),
        "advice": advice_to_whoever(request.POST.getlist("signe")),
        "is_worsening": route == "patient:aggravation",
        "back_url": sign_in_url(back) if must_sign_in else back,
        "must_sign_in": must_sign_in,
    }
    response = render(request, "403_csrf.html", context, status=403)
    add_never_cache_headers(response)
    return response


def _page_of_form(request: HttpRequest) -> str:
    """The page that shows the form anew, when it opens by a link; else ""."""
    route = route_of(request)
    if route.startswith(OWN_SPACES):
        return way_back(request)
    if route == "porte:joindre":
        return reverse("porte:question")
    return request.get_full_path() if route.startswith("porte:") or route in FORM_PAGES else ""
