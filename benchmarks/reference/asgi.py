"""The doors of the reference. Its settings are its own, whatever the environment says."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.reference.settings"

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from benchmarks.reference.routing import websocket_urlpatterns

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
