"""Who enters the console: professionals with a role in force, and nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from orientation.scope import Scope, scope_for

View = Callable[..., HttpResponse]


class ConsoleRequest(HttpRequest):
    """A request that `professionals_only` let through."""

    scope_of_user: Scope


def professionals_only(view: View) -> View:
    """Lead anonymous people to sign-in and turn other accounts away; no page stays in a cache."""

    @wraps(view)
    def checked(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        scope = scope_for(request.user)
        if not scope.is_professional:
            raise PermissionDenied
        request.scope_of_user = scope
        return view(request, *args, **kwargs)

    return never_cache(login_required(checked))
