"""Who may reach each door. One line per route; a route without a line fails the matrix.

A line says, for each variant of the parameters, the roles that are let in. "Let in" means any
answer but 401, 403, 404 or a redirection to a sign-in page; what the page then shows is checked
by the sentinels.
"""

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


POLICY: dict[str, Line] = {
    # --- Pages for everybody
    "accueil": PUBLIC,
    "pages:accessibilite": PUBLIC,
    "pages:droits": PUBLIC,
    "pages:lecteurs": PUBLIC,
    "pages:mentions": PUBLIC,
    "pages:service": PUBLIC,
    "territoire:commune": PUBLIC,
    "territoire:lieux": PUBLIC,
    # Demonstration and local mail do not exist outside their mode.
    "demo:entrer": Line(NOBODY),
    "courriels": Line(NOBODY),
    # --- The door: before any account. Who is no patient is told so, on the same pages.
    "porte:pour_qui": NO_OTHER_ACCOUNT,
    "porte:ou": NO_OTHER_ACCOUNT,
    "porte:signes": NO_OTHER_ACCOUNT,
    "porte:signe": NO_OTHER_ACCOUNT,
    "porte:medecin": NO_OTHER_ACCOUNT,
    "porte:question": NO_OTHER_ACCOUNT,
    "porte:envoyer": NO_OTHER_ACCOUNT,
    # --- The patient's conversations
    "patient:conversations": Line(PATIENTS),
    **{
        f"patient:{name}": OWN_CONVERSATION
        for name in (
            "conversation",
            "joindre",
            "repondre",
            "vivant",
            "aggravation",
            "aggravation_numeros",
            "retirer",
            "rouvrir",
            "fiche",
            "lectures",
        )
    },
    # --- The patient's file
    "dossier:page": Line(PATIENTS),
    "dossier:complet_json": Line(PATIENTS),
    "dossier:complet_pdf": Line(PATIENTS),
    **{
        f"dossier:{name}": OWN_CONVERSATION
        for name in ("conversation_json", "conversation_pdf", "effacement")
    },
    # --- The console
    "console:accueil": PROFESSIONALS_ONLY,
    "console:file": PROFESSIONALS_ONLY,
    "console:closes": PROFESSIONALS_ONLY,
    "console:garde_quitter": PROFESSIONALS_ONLY,
    "console:garde_prendre": Line(
        by_variant={
            "own": frozenset({"professional_own", "colleague", "off_duty"}),
            "other": frozenset({"professional_other"}),
        },
        variants=structures,
        conflict_refuses=True,
    ),
    **{
        f"console:{name}": TEAM_CONVERSATION
        for name in (
            "conversation",
            "fil",
            "situation",
            "joindre",
            "repondre",
            "rendre",
            "orienter",
            "clore",
            "transmettre",
        )
    },
    "console:prendre": TAKE,
    # --- The coordinator's page: team and counts
    "structure:accueil": Line(COORDINATORS),
    # --- API
    "api:prendre": TAKE,
    "api:schema": SIGNED,
    "api:en_attente": PROFESSIONALS_ONLY,
    "api:miennes": PROFESSIONALS_ONLY,
    **{
        f"api:{name}": TEAM_CONVERSATION
        for name in ("clore", "orienter", "proposition", "rendre", "transmettre")
    },
    **dict.fromkeys(("api:conversation", "api:messages", "api:pieces"), BOTH_SIDES),
    # --- Files: whoever may open the conversation, and nobody else
    **dict.fromkeys(
        ("api:piece", "api:piece_fichier", "api:piece_apercu"),
        replace(BOTH_SIDES, variants=attachments),
    ),
    "patient:piece": replace(OWN_CONVERSATION, variants=attachments),
    "console:piece": replace(TEAM_CONVERSATION, variants=attachments),
    # --- Administration
    "admin:index": ADMIN_PAGE,
    "admin:app_list": ADMIN_PAGE,
    # Without a field to complete there is nothing: tests/orientation asks with each field.
    "admin:autocomplete": ADMIN_HIDDEN,
    "admin:jsi18n": ADMIN_PAGE,
    "admin:login": ADMIN_PAGE,
    "admin:logout": ADMIN_PAGE,
    "admin:password_change": ADMIN_PAGE,
    "admin:password_change_done": ADMIN_PAGE,
    "admin:AdminSite.catch_all_view": ADMIN_HIDDEN,
    # The short address of an object only leads to its page, which checks.
    "admin:View.as_view.<locals>.view": ADMIN_PAGE,
    **admin_model("comptes_user", "user", add=False),
    **admin_model("orientation_commune", "commune", add=False, change=False),
    **admin_model("orientation_cpts", "structure"),
    **admin_model("orientation_invitedrole", "invited_role", change=False),
    **admin_model("orientation_membership", "membership"),
    **admin_model("orientation_opening", "opening"),
    **admin_model("orientation_ruleset", "rule_set", delete=True),
    **admin_model("orientation_sas", "sas"),
    **admin_model("orientation_structure", "cabinet"),
    **admin_model("messagerie_erasurerequest", "erasure", change=False),
    **{
        f"admin:messagerie_erasurerequest_{act}": Line(
            by_variant=IN_TERRITORY, variants=administered("erasure")
        )
        for act in ("take_up", "confirm", "refuse")
    },
    "admin:orientation_cpts_import": ADMIN_PAGE,
    "admin:orientation_ruleset_copy": Line(
        by_variant=IN_TERRITORY, variants=administered("rule_set")
    ),
    "admin:orientation_ruleset_publish": Line(
        by_variant=IN_TERRITORY, variants=administered("rule_set")
    ),
    # --- Evaluation
    "evaluation:rapport": Line(ADMINISTRATORS | EVALUATORS),
    # Nothing is published in this world: tests/evaluation asks for real tables.
    "evaluation:csv": Line(NOBODY),
    "evaluation:pdf": Line(NOBODY),
    # --- Accounts: everybody's own
    **dict.fromkeys(
        (
            "account_inactive",
            "account_login",
            "account_logout",
            "account_request_login_code",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key",
            "account_reset_password_from_key_done",
            "account_signup",
        ),
        PUBLIC,
    ),
    **dict.fromkeys(
        (
            "account_change_password",
            # In the middle of signing in; whoever is not is sent to the beginning, or home.
            "account_confirm_login_code",
            "account_email_verification_sent",
            "mfa_authenticate",
            "mfa_login_webauthn",
            "account_email",
            "account_reauthenticate",
            "account_set_password",
            "mfa_add_webauthn",
            "mfa_index",
            "mfa_list_webauthn",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
        ),
        SIGNED,
    ),
    # Patients of this world have no second factor, and nobody has recovery codes.
    "mfa_deactivate_totp": Line(SIGNED_IN - PATIENTS),
    "mfa_generate_recovery_codes": SIGNED,
    "mfa_activate_totp": SIGNED,
    "mfa_edit_webauthn": Line(NOBODY),
    "mfa_remove_webauthn": Line(NOBODY),
    "mfa_download_recovery_codes": Line(NOBODY),
    "mfa_view_recovery_codes": Line(NOBODY),
    "invitation:ouvrir": PUBLIC,
    "invitation:accepter": PUBLIC,
}


def line_for(name: str) -> Line | None:
    """The line of a route, or None."""
    return POLICY.get(name)
