"""Production. It refuses to start with anything that belongs to a demonstration."""

import os

from config.settings import attachments
from config.settings.base import *  # noqa: F403
from config.settings.base import LOGGING, STORAGES, channel_layers, env, pooled


def refuse(condition: bool, sentence: str) -> None:
    """Stop the start with `sentence` when `condition` holds."""
    if condition:
        raise env.ConfigurationError(f"Refus de démarrer en production : {sentence}")


# --- Refusals

refuse(
    env.boolean("DEMO_MODE", False),
    "DEMO_MODE ouvre une porte sans mot de passe à des personnes fictives. Retirez-la.",
)
refuse(
    env.boolean("LOCAL_MAILBOX", False),
    "LOCAL_MAILBOX montre les courriels de tous sur une page. Retirez-la.",
)
refuse(
    env.boolean("ADMIN_ACCEPTS_SUPERUSER", False),
    "ADMIN_ACCEPTS_SUPERUSER ouvrirait l'administration à un compte sans territoire. Retirez-la.",
)
refuse(env.boolean("DEBUG", False), "DEBUG montre des données dans les pages d'erreur. Retirez-la.")
for _name in ("DATABASE_URL", "KEYS_DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
    refuse(
        not (os.environ.get(_name) or os.environ.get(f"{_name}_FILE")),
        f"la variable {_name} (ou {_name}_FILE) manque.",
    )

DATABASES = {"default": pooled("DATABASE_URL"), "keys": pooled("KEYS_DATABASE_URL")}
EMBEDDED_ROLES = {"messagerie_embarquee", "proprietaire"}
refuse(
    env.boolean("EMBEDDED_SERVERS", False)
    or any(database["USER"] in EMBEDDED_ROLES for database in DATABASES.values()),
    "les serveurs embarqués sont réservés à la démonstration. Indiquez un PostgreSQL géré.",
)
refuse(
    all(DATABASES["default"][part] == DATABASES["keys"][part] for part in ("HOST", "PORT", "NAME")),
    "KEYS_DATABASE_URL et DATABASE_URL désignent la même base : les clés vivent à part.",
)

SECRET_KEY = env.secret("SECRET_KEY")
refuse(
    len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith("django-insecure-"),
    "SECRET_KEY est trop courte ou trop simple : il faut au moins 50 caractères au hasard.",
)
SECRET_KEY_FALLBACKS = env.listing("SECRET_KEY_FALLBACKS", [])

KEY_PROVIDER = env.text("KEY_PROVIDER", "comptes.keys.embedded.EmbeddedKeyProvider")
refuse(
    KEY_PROVIDER == "comptes.keys.embedded.EmbeddedKeyProvider"
    and not env.boolean("EMBEDDED_KEYS_ACCEPTED", False),
    "les clés de chiffrement seraient dans un simple fichier. Indiquez KEY_PROVIDER, "
    "ou EMBEDDED_KEYS_ACCEPTED=1 si vous acceptez ce risque.",
)
KEY_FILE = env.text("KEY_FILE")

PATIENT_MFA_REQUIRED = env.boolean("PATIENT_MFA_REQUIRED", True)

# --- Live channel and tasks

REDIS_URL = env.redis("REDIS_URL")
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL

# --- Web

ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
refuse("*" in ALLOWED_HOSTS, "ALLOWED_HOSTS=* accepte n'importe quel nom. Écrivez les vôtres.")
PUBLIC_URL = env.text("PUBLIC_URL", f"https://{ALLOWED_HOSTS[0].lstrip('.')}")
refuse(not PUBLIC_URL.startswith("https://"), "PUBLIC_URL doit commencer par https://.")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 1, least=0, most=5)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"

# --- Files that people join

STORAGES = STORAGES | {"attachments": attachments.storage(None)}

# --- Mail

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING["root"]["level"] = env.choice("LOG_LEVEL", "INFO", {"INFO", "WARNING", "ERROR"})
