"""The door: the steps that lead to a question sent."""

from django.urls import path

from messagerie.views import door, door_files, door_place, door_send, door_signs

app_name = "porte"
urlpatterns = [
    path("", door.for_whom, name="pour_qui"),
    path("ou/", door_place.where, name="ou"),
    path("signes/", door_signs.signs, name="signes"),
    path("signe/", door_signs.sign, name="signe"),
    path("medecin/", door.care, name="medecin"),
    path("question/", door_send.question, name="question"),
    path("question/joindre/", door_send.join, name="joindre"),
    path("question/apercu/<uuid:file_id>/", door_files.preview, name="apercu"),
    path("envoyer/", door_send.confirm, name="envoyer"),
]
