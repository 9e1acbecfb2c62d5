"""« Mon dossier »: the patient's file, to read, to download, to have erased; notices."""

from django.urls import path

from messagerie.views import notice_choices, patient_file

app_name = "dossier"
JSON, PDF, ZIP = {"kind": "json"}, {"kind": "pdf"}, {"kind": "zip"}
urlpatterns = [
    path("", patient_file.page, name="page"),
    path("mon-dossier.json", patient_file.whole, JSON, name="complet_json"),
    path("mon-dossier.pdf", patient_file.whole, PDF, name="complet_pdf"),
    path("mon-dossier.zip", patient_file.whole, ZIP, name="complet_zip"),
    path("<uuid:conversation_id>.json", patient_file.one, JSON, name="conversation_json"),
    path("<uuid:conversation_id>.pdf", patient_file.one, PDF, name="conversation_pdf"),
    path("<uuid:conversation_id>.zip", patient_file.one, ZIP, name="conversation_zip"),
    path("avis/", notice_choices.own, name="avis"),
    path("<uuid:conversation_id>/effacement/", patient_file.erasure, name="effacement"),
]
