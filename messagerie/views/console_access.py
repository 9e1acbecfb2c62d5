"""Who enters the console: professionals with a role in force, and nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from messagerie.contents import ContentErased
from messagerie.views.session_over import session_over
from orientation.duty import duty_zone, structures_of_duty
from orientation.models import Structure
from orientation.scope import Scope, scope_for

View = Callable[..., HttpResponse]


class ConsoleRequest(HttpRequest):
    """A request that `professionals_only` let through."""

    scope_of_user: Scope
    structures: list[Structure]  # for which this professional may take a duty today


def professionals_only(view: View) -> View:
    """Lead anonymous people to sign-in with what they typed in hand, and turn other accounts away;
    no page stays in a cache.

    Hours are those of the place where the professional works. A conversation whose content is
    erased gives one page that says so.
    """

    @wraps(view)
    def checked(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return session_over(request)
        scope = scope_for(request.user)
        if not scope.is_professional:
            raise PermissionDenied
        request.scope_of_user = scope
        request.structures = structures_of_duty(request.user, scope)
        with timezone.override(duty_zone(request.structures, scope)):
            try:
                return view(request, *args, **kwargs)
            except ContentErased as erased:
                context = {"sentence": erased.sentence}
                return render(request, "console/effacee.html", context, status=erased.status)

    return never_cache(checked)
