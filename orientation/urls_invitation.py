"""Addresses of invitations, under /compte/invitation/."""

from django.urls import path

from orientation import invitation_views

app_name = "invitation"

urlpatterns = [
    path("", invitation_views.accept_page, name="accepter"),
    path("<str:token>/", invitation_views.open_link, name="ouvrir"),
]
