"""Every HTTP door of the service."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

# --- Pages: home, footer pages (pages:), mails of local mode (courriels), demo door (demo:)

# --- Patient: the door (porte:) and the conversations (patient:)

# --- Professional: the console (console:)

# --- Administration and evaluation (admin:, evaluation:)

# --- API

# --- Accounts
urlpatterns += [path("compte/", include("allauth.urls"))]
