"""The patient's conversations."""

from django.urls import path

from messagerie.views import conversation, conversation_acts, files, records

app_name = "patient"
urlpatterns = [
    path("", records.conversations, name="conversations"),
    path("<uuid:conversation_id>/", conversation.conversation, name="conversation"),
    path("<uuid:conversation_id>/repondre/", conversation.reply, name="repondre"),
    path("<uuid:conversation_id>/joindre/", files.join_by_patient, name="joindre"),
    path(
        "<uuid:conversation_id>/pieces/<uuid:attachment_id>/", files.file_for_patient, name="piece"
    ),
    path("<uuid:conversation_id>/vivant/", conversation.live, name="vivant"),
    path("<uuid:conversation_id>/aggravation/", conversation_acts.worsening, name="aggravation"),
    path(
        "<uuid:conversation_id>/aggravation/numeros/",
        conversation_acts.worsening_numbers,
        name="aggravation_numeros",
    ),
    path("<uuid:conversation_id>/retirer/", conversation_acts.withdraw, name="retirer"),
    path("<uuid:conversation_id>/rouvrir/", conversation_acts.reopen, name="rouvrir"),
    path("<uuid:conversation_id>/fiche/", records.sheet, name="fiche"),
    path("<uuid:conversation_id>/lectures/", records.readings, name="lectures"),
]
