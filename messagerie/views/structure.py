"""The page of a coordinator: their structures, the team, counts. Never a conversation."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messagerie.structure_desk import desks
from orientation.scope import scope_for


@never_cache
@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    if not scope_for(request.user).is_coordinator:
        raise PermissionDenied
    now = timezone.now()
    return render(request, "structure/accueil.html", {"bureaux": desks(request.user, now)})
