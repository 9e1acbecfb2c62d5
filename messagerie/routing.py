"""The doors of the socket."""

from django.urls import path

from messagerie.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/v1/", LiveConsumer.as_asgi(), name="direct")]
