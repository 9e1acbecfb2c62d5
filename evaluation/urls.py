"""Addresses of the report."""

from django.urls import path

from evaluation import views

app_name = "evaluation"

urlpatterns = [
    path("", views.report, name="rapport"),
    path("pdf/", views.report_pdf, name="pdf"),
    path("csv/<slug:picture>/", views.table_csv, name="csv"),
]
