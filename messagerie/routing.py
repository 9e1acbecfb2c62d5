"""The doors of the socket."""

from django.urls import path

from messagerie.consumers import live_socket

websocket_urlpatterns = [path("ws/v1/", live_socket, name="direct")]
