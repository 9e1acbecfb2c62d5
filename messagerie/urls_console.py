"""Routes of the professional's console, under /console/."""

from django.urls import path

from messagerie.views import console, console_acts, files

app_name = "console"
urlpatterns = [
    path("", console.home, name="accueil"),
    path("file/", console.queue_fragment, name="file"),
    path("closes/", console.closed, name="closes"),
    path("garde/<int:structure_id>/prendre/", console_acts.start, name="garde_prendre"),
    path("garde/quitter/", console_acts.stop, name="garde_quitter"),
    path("<uuid:conversation_id>/", console.conversation, name="conversation"),
    path("<uuid:conversation_id>/fil/", console.thread_fragment, name="fil"),
    path("<uuid:conversation_id>/situation/", console.situation, name="situation"),
    path("<uuid:conversation_id>/prendre/", console_acts.take, name="prendre"),
    path("<uuid:conversation_id>/repondre/", console_acts.reply, name="repondre"),
    path("<uuid:conversation_id>/joindre/", files.join_by_professional, name="joindre"),
    path(
        "<uuid:conversation_id>/pieces/<uuid:attachment_id>/",
        files.file_for_professional,
        name="piece",
    ),
    path("<uuid:conversation_id>/rendre/", console_acts.hand_back, name="rendre"),
    path("<uuid:conversation_id>/orienter/", console_acts.orient, name="orienter"),
    path("<uuid:conversation_id>/clore/", console_acts.close, name="clore"),
    path("<uuid:conversation_id>/transmettre/", console_acts.transmit, name="transmettre"),
]
