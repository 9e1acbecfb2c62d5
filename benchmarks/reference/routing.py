"""Addresses: the page's history over HTTP, then the socket of a room."""

from django.conf import settings
from django.http import JsonResponse
from django.urls import path

from benchmarks.reference.consumers import ChatConsumer, TunedConsumer
from benchmarks.reference.models import Message


def history(request, conversation):
    """What the page shows when it opens: every message so far, in order."""
    messages = Message.objects.filter(conversation=conversation).values("id", "sender", "content")
    return JsonResponse(
        [{"id": one["id"], "sender": one["sender"], "message": one["content"]} for one in messages],
        safe=False,
    )


urlpatterns = [path("history/<uuid:conversation>/", history)]
_consumer = TunedConsumer if settings.VARIANT == "tuned" else ChatConsumer
websocket_urlpatterns = [
    path("ws/chat/<uuid:conversation>/<str:sender>/", _consumer.as_asgi()),
]
