"""The page of a structure's coordinator, under /structure/."""

from django.urls import path

from messagerie.views import structure

app_name = "structure"
urlpatterns = [path("", structure.home, name="accueil")]
