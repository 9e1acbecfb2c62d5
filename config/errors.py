"""Error pages in French. Each says what happened and what to do next, never a detail of code."""

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context
from django.template.loader import get_template
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from messagerie.typed import route_of, typed_in
from messagerie.views.session_over import sign_in_url, way_back
from messagerie.views.signs import advice_to_whoever


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
    back = way_back(request) if route_of(request).startswith(("console:", "patient:")) else ""
    context = {
        "typed": typed_in(request),
        "advice": advice_to_whoever(request.POST.getlist("signe")),
        "back_url": back if signed_in or not back else sign_in_url(back),
        "signed_in": signed_in,
    }
    response = render(request, "403_csrf.html", context, status=403)
    add_never_cache_headers(response)
    return response
