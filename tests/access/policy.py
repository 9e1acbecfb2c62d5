"""Who may reach each door. One line per route; a route without a line fails the matrix.

A line says, for each variant of the parameters, the roles that are let in. "Let in" means any
answer but 401, 403, 404 or a redirection to a sign-in page; what the page then shows is checked
by the sentinels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.access.routes import Route
from tests.access.world import World

# Where somebody who may not enter is sent.
DOORS_OF_REFUSAL = ("/compte/login/", "/compte/2fa/")

PATIENTS = frozenset({"patient_own", "patient_other"})
PROFESSIONALS_ON = frozenset({"professional_own", "professional_other", "colleague"})
PROFESSIONALS = PROFESSIONALS_ON | {"off_duty"}
COORDINATORS = frozenset({"coordinator_own", "coordinator_other"})
REGIONAL = frozenset({"admin_own", "admin_other"})
NATIONAL = frozenset({"national_admin"})
ADMINISTRATORS = REGIONAL | NATIONAL
EVALUATORS = frozenset({"evaluator_own", "evaluator_other"})
SIGNED_IN = (
    PATIENTS | PROFESSIONALS | COORDINATORS | ADMINISTRATORS | EVALUATORS | {"former_professional"}
)
OUTSIDE = frozenset({"anonymous", "disabled"})
EVERYBODY = SIGNED_IN | OUTSIDE
NOBODY: frozenset[str] = frozenset()

Variants = Callable[[World, Route], Iterator[tuple[str, dict[str, Any]]]]


def once(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    """A door without parameters, or whose parameters point at nothing of anybody."""
    fixed = {"role": "patient", "code_insee": "13201", "uidb36": "1", "key": "abc", "pk": "1"}
    yield "only", {name: fixed.get(name, "1") for name in route.parameters}


def conversations(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    """A door of one conversation: own and other, waiting and held."""
    for side in ("own", "other"):
        for kind in ("waiting", "held"):
            yield (
                f"{kind}_{side}",
                dict.fromkeys(route.parameters, world.things[side][kind].pk),
            )


@dataclass(frozen=True)
class Line:
    """Roles let in: for every variant alike, or by variant."""

    everywhere: frozenset[str] = NOBODY
    by_variant: dict[str, frozenset[str]] = field(default_factory=dict)
    variants: Variants = once

    def allowed(self, variant: str, method: str) -> frozenset[str]:
        return self.by_variant.get(variant, self.everywhere)


PUBLIC = Line(EVERYBODY)
SIGNED = Line(SIGNED_IN)
OWN_CONVERSATION = Line(
    by_variant={
        "waiting_own": frozenset({"patient_own"}),
        "held_own": frozenset({"patient_own"}),
        "waiting_other": frozenset({"patient_other"}),
        "held_other": frozenset({"patient_other"}),
    },
    variants=conversations,
)
TEAM_CONVERSATION = Line(
    by_variant={
        "waiting_own": frozenset({"professional_own", "colleague"}),
        "held_own": frozenset({"professional_own"}),
        "waiting_other": frozenset({"professional_other"}),
        "held_other": frozenset({"professional_other"}),
    },
    variants=conversations,
)

POLICY: dict[str, Line] = {
    "accueil": PUBLIC,
    "pages:accessibilite": PUBLIC,
    "pages:droits": PUBLIC,
    "pages:lecteurs": PUBLIC,
    "pages:mentions": PUBLIC,
    "pages:service": PUBLIC,
    # Demonstration and local mail do not exist outside their mode.
    "demo:entrer": Line(NOBODY),
    "courriels": Line(NOBODY),
    "territoire:commune": PUBLIC,
    "territoire:lieux": PUBLIC,
}


def line_for(name: str) -> Line | None:
    """The line of a route, or None."""
    return POLICY.get(name)
