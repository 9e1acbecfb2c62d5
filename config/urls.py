"""Every HTTP door of the service."""

from django.urls import URLPattern, URLResolver, include, path

from config.home import home
from config.mailbox import mailbox
from evaluation.admin_home import administration_home
from orientation.scoped_admin import administration

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = []

# --- Pages: home, footer pages (pages:), mails of local mode (courriels), demo door (demo:)
urlpatterns += [
    path("", home, name="accueil"),
    path("", include("config.pages")),
    path("demonstration/entrer/", include("config.demo_door")),
    path("courriels/", mailbox, name="courriels"),
]

# --- Patient: the door (porte:), the conversations (patient:), the file (dossier:),
# the address in the mails (avis:)
urlpatterns += [
    path("demande/", include("messagerie.urls_door")),
    path("conversations/", include("messagerie.urls_patient")),
    path("mon-dossier/", include("messagerie.urls_patient_file")),
    path("avis/", include("messagerie.urls_notices")),
]

# --- Professional: the console (console:); coordinator of a structure (structure:)
urlpatterns += [
    path("console/", include("messagerie.urls_console")),
    path("structure/", include("messagerie.urls_structure")),
]

# --- Administration and evaluation (admin:, evaluation:)
administration.index_view = administration_home
urlpatterns += [
    path("administration/", administration.urls),
    path("evaluation/", include("evaluation.urls")),
]

# --- API
urlpatterns += [
    path("api/v1/", include("orientation.urls_api")),
    path("api/v1/", include("messagerie.urls_api")),
]

# --- Accounts
urlpatterns += [
    path("compte/invitation/", include("orientation.urls_invitation")),
    path("compte/", include("comptes.urls")),  # before allauth's own pages
    path("compte/", include("allauth.urls")),
]
