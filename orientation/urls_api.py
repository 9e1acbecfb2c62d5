"""Routes of the territory under /api/v1/."""

from django.urls import path

from orientation.api import CommuneView, PlaceSearchView

app_name = "territoire"
urlpatterns = [
    path("communes/<str:code_insee>/", CommuneView.as_view(), name="commune"),
    path("lieux/", PlaceSearchView.as_view(), name="lieux"),
]
