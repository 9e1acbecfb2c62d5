"""Who may reach each door. One line per route; a route without a line fails the matrix.

A line says, for each variant of the parameters, the roles that are let in. "Let in" means any
answer but 401, 403, 404 or a redirection to a sign-in page; what the page then shows is checked
by the sentinels.
"""

from dataclasses import replace

from tests.access.lines import (
    ADMIN_HIDDEN,
    ADMIN_PAGE,
    ADMINISTRATORS,
    BOTH_SIDES,
    COORDINATORS,
    EVALUATORS,
    IN_TERRITORY,
    NO_OTHER_ACCOUNT,
    NOBODY,
    OWN_CONVERSATION,
    PATIENTS,
    PROFESSIONALS_ONLY,
    PUBLIC,
    SIGNED,
    SIGNED_IN,
    TAKE,
    TEAM_CONVERSATION,
    Line,
    admin_model,
    administered,
    attachments,
    structures,
)
from tests.access.lines import (
    ADMINISTRATION_HOME as ADMINISTRATION_HOME,
)
from tests.access.lines import (
    DOORS_OF_REFUSAL as DOORS_OF_REFUSAL,
)

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
    "porte:joindre": NO_OTHER_ACCOUNT,
    "porte:envoyer": NO_OTHER_ACCOUNT,
    # Only for the browser that holds the draft; tests/messagerie/attachments/test_door_files.py.
    "porte:apercu": Line(NOBODY),
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
    "dossier:avis": Line(PATIENTS),
    # With a signed name only: tests/messagerie/test_notice_choices.py.
    "avis:lien": Line(NOBODY),
    "dossier:complet_json": Line(PATIENTS),
    "dossier:complet_pdf": Line(PATIENTS),
    "dossier:complet_zip": Line(PATIENTS),
    **{
        f"dossier:{name}": OWN_CONVERSATION
        for name in ("conversation_json", "conversation_pdf", "conversation_zip", "effacement")
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
    **dict.fromkeys(("api:conversation", "api:lecture", "api:messages", "api:pieces"), BOTH_SIDES),
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
