"""Routes of conversations under /api/v1/, and the schema of the whole API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated

from messagerie import api, api_files


class SignedInSchema(SpectacularAPIView):
    """The schema of the whole API, for whoever has an account."""

    permission_classes = (IsAuthenticated,)


app_name = "api"
urlpatterns = [
    path("schema/", SignedInSchema.as_view(), name="schema"),
    path("conversations/en-attente/", api.WaitingView.as_view(), name="en_attente"),
    path("conversations/miennes/", api.MineView.as_view(), name="miennes"),
    path("conversations/<uuid:conversation_id>/", api.OneView.as_view(), name="conversation"),
    path(
        "conversations/<uuid:conversation_id>/messages/",
        api.MessagesView.as_view(),
        name="messages",
    ),
    path(
        "conversations/<uuid:conversation_id>/reading/", api.ReadingView.as_view(), name="lecture"
    ),
    path(
        "conversations/<uuid:conversation_id>/attachments/",
        api_files.FilesView.as_view(),
        name="pieces",
    ),
    path(
        "conversations/<uuid:conversation_id>/attachments/<uuid:attachment_id>/",
        api_files.FileView.as_view(),
        name="piece",
    ),
    path(
        "conversations/<uuid:conversation_id>/attachments/<uuid:attachment_id>/file/",
        api_files.FileContentView.as_view(),
        name="piece_fichier",
    ),
    path(
        "conversations/<uuid:conversation_id>/attachments/<uuid:attachment_id>/preview/",
        api_files.FilePreviewView.as_view(),
        name="piece_apercu",
    ),
    path("conversations/<uuid:conversation_id>/prendre/", api.TakeView.as_view(), name="prendre"),
    path("conversations/<uuid:conversation_id>/rendre/", api.HandBackView.as_view(), name="rendre"),
    path("conversations/<uuid:conversation_id>/clore/", api.CloseView.as_view(), name="clore"),
    path(
        "conversations/<uuid:conversation_id>/proposition/",
        api.ProposalView.as_view(),
        name="proposition",
    ),
    path(
        "conversations/<uuid:conversation_id>/orienter/", api.OrientView.as_view(), name="orienter"
    ),
    path(
        "conversations/<uuid:conversation_id>/transmettre/",
        api.TransmitView.as_view(),
        name="transmettre",
    ),
]
