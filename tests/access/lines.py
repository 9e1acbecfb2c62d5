"""Roles, and what a line of the policy says: who is let in, for which variant of a door."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.access.routes import Route
from tests.access.world import World

# Where somebody who may not enter is sent.
DOORS_OF_REFUSAL = frozenset(
    {
        "/compte/login/",
        "/compte/login/code/",
        "/compte/2fa/",
        "/compte/2fa/authenticate/",
        "/compte/2fa/reauthenticate/",
    }
)
# Where the administration sends back who asks for an object that is not theirs.
ADMINISTRATION_HOME = "/administration/"

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
    fixed = {
        "role": "patient",
        "code_insee": "13201",
        "uidb36": "1",
        "key": "abc",
        "pk": "1",
        "app_label": "orientation",
        "token": "inconnu",
        "picture": "semaines",
        "file_id": "00000000-0000-4000-8000-000000000000",
    }
    yield "only", {name: fixed.get(name, "1") for name in route.parameters}


def conversations(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    """A door of one conversation: own and other, waiting and held."""
    for side in ("own", "other"):
        for kind in ("waiting", "held"):
            yield (
                f"{kind}_{side}",
                dict.fromkeys(route.parameters, world.things[side][kind].pk),
            )


def attachments(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    """A door of one file: joined to each of the same conversations, by its patient."""
    for variant, values in conversations(world, route):
        kind, side = variant.split("_")
        yield variant, values | {"attachment_id": world.things[side][f"file_{kind}"].pk}


@dataclass(frozen=True)
class Line:
    """Roles let in: for every variant alike, or by variant.

    `post`: who may post, when it is not who may get. `conflict_refuses`: a 409 says no here (a
    conversation that a colleague took, a structure that is not one's own). `home_refuses`: so does
    being sent to the home of the administration.
    """

    everywhere: frozenset[str] = NOBODY
    by_variant: dict[str, frozenset[str]] = field(default_factory=dict)
    variants: Variants = once
    post: frozenset[str] | None = None
    conflict_refuses: bool = False
    home_refuses: bool = False

    def allowed(self, variant: str, method: str) -> frozenset[str]:
        if method == "post" and self.post is not None:
            return self.post
        return self.by_variant.get(variant, self.everywhere)


PUBLIC = Line(EVERYBODY)
SIGNED = Line(SIGNED_IN)
# The door is for patients; an account of another kind is told so.
NO_OTHER_ACCOUNT = Line(OUTSIDE | PATIENTS)
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


BOTH_SIDES = Line(
    by_variant={
        variant: roles | OWN_CONVERSATION.by_variant[variant]
        for variant, roles in TEAM_CONVERSATION.by_variant.items()
    },
    variants=conversations,
)
TAKE = Line(by_variant=TEAM_CONVERSATION.by_variant, variants=conversations, conflict_refuses=True)


def administered(thing: str) -> Variants:
    """A page of the administration about one object: own territory's, the other's."""

    def variants(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
        for side in ("own", "other"):
            found = world.things[side][thing]
            key = getattr(found, "pk", found)
            yield side, dict.fromkeys(route.parameters, key)

    return variants


def structures(world: World, route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    for side in ("own", "other"):
        yield side, {"structure_id": world.things[side]["structure"].pk}


IN_TERRITORY = {
    "own": frozenset({"admin_own"}) | NATIONAL,
    "other": frozenset({"admin_other"}) | NATIONAL,
}
ADMIN_PAGE = Line(ADMINISTRATORS)
ADMIN_HIDDEN = Line(NOBODY)
PROFESSIONALS_ONLY = Line(PROFESSIONALS)


def admin_model(
    name: str, thing: str, *, add: bool = True, change: bool = True, delete: bool = False
) -> dict[str, Line]:
    """The five pages of a model. Nobody deletes unless said so; seeing is for one's territory."""
    own = Line(by_variant=IN_TERRITORY, variants=administered(thing), home_refuses=True)
    return {
        f"admin:{name}_changelist": ADMIN_PAGE,
        f"admin:{name}_add": ADMIN_PAGE if add else ADMIN_HIDDEN,
        f"admin:{name}_change": own if change else replace(own, post=NOBODY),
        f"admin:{name}_history": own,
        f"admin:{name}_delete": own
        if delete
        else Line(NOBODY, variants=administered(thing), home_refuses=True),
    }
