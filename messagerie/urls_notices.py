"""The address in the mails, to stop them without signing in."""

from django.urls import path

from messagerie.views.notice_choices import LinkView

app_name = "avis"
urlpatterns = [path("<str:token>/", LinkView.as_view(), name="lien")]
