"""Settings of the reference: DATABASE_URL and REDIS_URL, nothing else is shared."""

import os

from config.settings import env

VARIANT = env.choice("REFERENCE_VARIANT", "tutorial", ["tutorial", "tuned"])

SECRET_KEY = "the reference keeps no secret"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["channels", "benchmarks.reference.apps.ReferenceConfig"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.reference.routing"
ASGI_APPLICATION = "benchmarks.reference.asgi.application"
USE_TZ = True

DATABASES = {"default": env.database("DATABASE_URL") | {"CONN_MAX_AGE": 60}}
if VARIANT == "tuned":
    _layer, _more = "channels_redis.pubsub.RedisPubSubChannelLayer", {}
else:
    # 100 by default, per process: above it, messages are dropped without an error.
    _layer, _more = "channels_redis.core.RedisChannelLayer", {"capacity": 100_000}
CHANNEL_LAYERS = {
    "default": {"BACKEND": _layer, "CONFIG": {"hosts": [os.environ["REDIS_URL"]]} | _more}
}
