"""What is the same everywhere. The meaning of each variable is in docs/operations.md."""

from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from config.settings import env
from config.settings.notices import NOTICE_QUIET_HOURS as NOTICE_QUIET_HOURS
from config.settings.retention import RETENTION_CLASSES as RETENTION_CLASSES

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SERVICE_NAME = "Messagerie santé"
# Shown in the legal notices; who opens the service fills them in.
SERVICE_CONTACT = env.text("SERVICE_CONTACT", "contact@messagerie-sante.invalid")
SERVICE_PUBLISHER = env.text("SERVICE_PUBLISHER", "")
SERVICE_HOST = env.text("SERVICE_HOST", "")
# Where mails lead to stop them in one click; "": without that link.
PUBLIC_URL = env.text("PUBLIC_URL", "")
DEMO_MODE = False
LOCAL_MAILBOX = False
PATIENT_MFA_REQUIRED = True
# The admin site turns superusers away: one flag would void every scope.
ADMIN_ACCEPTS_SUPERUSER = False
# After this many days without a word from either side, a conversation is closed at night.
CONVERSATION_SILENCE_DAYS = env.integer("CONVERSATION_SILENCE_DAYS", 14, least=1, most=365)
# One person may write so many lines per second in the long run, and so many at once.
MESSAGE_RATE_PER_SECOND = env.integer("MESSAGE_RATE_PER_SECOND", 5, least=1, most=1_000_000)
MESSAGE_RATE_BURST = env.integer("MESSAGE_RATE_BURST", 20, least=1, most=1_000_000)
# The State's look (font, marks) needs its agreement; an operator who has it says so here.
DSFR_STATE_LOOK = env.boolean("DSFR_STATE_LOOK", False)
DEBUG = False

# --- House

INSTALLED_APPS = [
    "config.apps.RoofConfig",
    "comptes.apps.ComptesConfig",
    "orientation.apps.OrientationConfig",
    "messagerie.apps.MessagerieConfig",
    "evaluation.apps.EvaluationConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # allauth's list of passkeys asks for it
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "widget_tweaks",
    "dsfr",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.charset.FormCharsetMiddleware",
    "config.background_session.BackgroundSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "comptes.second_factor.SecondFactorMiddleware",
    "config.errors.WrongMethodMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.service",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language and time. Stored in UTC; shown in the zone of the territory.

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

# --- Databases: content in "default", wrapped keys in "keys"

DATABASE_ROUTERS = ["comptes.keys.router.KeysRouter"]
# Sessions and rate limits live in PostgreSQL: signing in works without Redis.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}


def pooled(name: str) -> dict[str, object]:
    """The database named by the variable `name`, behind a psycopg pool of this process."""
    database = env.database(name)
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"] |= {
        "connect_timeout": 5,
        "application_name": "messagerie",
        "pool": {
            "min_size": 0,
            "max_size": env.integer("DATABASE_POOL_SIZE", 12, least=1, most=90),
            "timeout": 10,
            # Giving up soon frees the place: after an outage the next request tries afresh.
            "reconnect_timeout": 1,
        },
    }
    return database


# --- Live channel and tasks: hints and identifiers only


def channel_layers(redis_url: str) -> dict[str, object]:
    """One pub/sub layer. Without a socket timeout: a quiet socket is not a dead one."""
    return {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": redis_url, "socket_timeout": None}]},
        }
    }


CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 50 * 60
CELERY_TASK_TIME_LIMIT = 60 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Announcing a task never holds a person back: with Redis away it fails at once.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * 60 * 60,  # longer than the longest task, or it would start twice
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
}

# --- Accounts

AUTH_USER_MODEL = "comptes.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accueil"
# Where each kind of account arrives after signing in. The home page leads a professional to the
# console, and a coordinator who does not answer patients to the page of their structure.
ARRIVAL_PAGES = {
    "PATIENT": "accueil",
    "PROFESSIONAL": "accueil",
    "ADMINISTRATOR": "admin:index",
    "EVALUATOR": "evaluation:rapport",
}
# Told after each change of session or rights, with the number of the account: sockets are cut.
RIGHTS_ANNOUNCERS = ["messagerie.delivery.hint_rights"]
INVITATION_DAYS = 7
ACCOUNT_ADAPTER = "comptes.adapters.AccountAdapter"
MFA_ADAPTER = "comptes.adapters.MFAAdapter"
MFA_FORMS = {
    "authenticate": "comptes.factor_views.AuthenticateForm",
    "add_webauthn": "comptes.factor_forms.AddKeyForm",
    "edit_webauthn": "comptes.factor_forms.EditKeyForm",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "accueil"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Beside those of allauth: files that one address may bring to the door, before any account.
DOOR_FILES_PER_MINUTE = env.integer("DOOR_FILES_PER_MINUTE", 12, least=0, most=100_000)
DOOR_FILES_PER_HOUR = env.integer("DOOR_FILES_PER_HOUR", 40, least=0, most=100_000)
ACCOUNT_RATE_LIMITS = {"door_file": f"{DOOR_FILES_PER_MINUTE}/m/ip,{DOOR_FILES_PER_HOUR}/h/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SERVICE_NAME

# --- Browser

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024  # the text of an import, sent back to be confirmed
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # a CPTS may cover several hundred communes

# --- Static files. The design system's own folder is not served: a cleaned copy is built.

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATIC_BUILD_DIR = BASE_DIR / "var" / "static-build"
STATICFILES_DIRS = [BASE_DIR / "static", STATIC_BUILD_DIR]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "config.staticfiles.AppFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Files that people join. Their folder or bucket is in config.settings.attachments.

# Up to this size a request stays in memory: no clear copy of a photo is written to a disk.
# messagerie.attachments.body_limit turns larger ones away before they are read.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
ATTACHMENTS_AT_ONCE = env.integer("ATTACHMENTS_AT_ONCE", 2, least=1, most=16)
CLAMAV_ADDRESS = env.listener("CLAMAV_ADDRESS")
# Files of questions that did not leave yet, all together: who has no account cannot fill the store.
DOOR_FILES_AT_MOST = env.integer("DOOR_FILES_AT_MOST", 2_000, least=0, most=1_000_000)

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["messagerie.api_session.ApiSession"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["messagerie.api_parser.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "messagerie.api_errors.said",
}
SPECTACULAR_SETTINGS = {"TITLE": SERVICE_NAME, "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# --- Mail

DEFAULT_FROM_EMAIL = "Messagerie santé <ne-pas-repondre@messagerie-sante.invalid>"
EMAIL_TIMEOUT = 10

# --- Logs: times, routes and identifiers. Never a body, a motive or an address.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # At DEBUG this one would print every value written to the database.
        "django.db.backends": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
    },
}
