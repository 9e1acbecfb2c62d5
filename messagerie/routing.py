"""Socket routes of the messaging."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
