"""Addresses of the report."""

from django.urls import path

from evaluation import views

app_name = "evaluation"

urlpatterns = [
    path("", views.report, name="rapport"),
    path("csv/<slug:picture>/", views.table_csv, name="csv"),
]
