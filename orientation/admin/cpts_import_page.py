"""The page that imports CPTS: a dry run first, shown line by line, then the same file for good."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from orientation import cpts_import
from orientation.cpts_import import LARGEST_FILE, FileRefused, Report
from orientation.scoped_admin import ScopedModelAdmin


class FileForm(forms.Form):
    file = forms.FileField(
        label="Fichier CSV (UTF-8, 2 Mo au plus)",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choisissez un fichier."},
    )

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError("Ce fichier est trop gros : 2 Mo au plus.")
        return upload.read()


class ConfirmForm(forms.Form):
    """The text of the file that was just checked, sent back to be written."""

    content = forms.CharField(widget=forms.HiddenInput, strip=False, max_length=LARGEST_FILE)


def import_page(page: ScopedModelAdmin, request: HttpRequest) -> HttpResponse:
    """GET: the form. POST with a file: the report. POST with its content: the import.

    Both steps check with the scope of the request: what is confirmed is checked again.
    """
    scope = page.scope(request)
    confirmed = ConfirmForm(request.POST) if "content" in request.POST else None
    sent = request.method == "POST" and confirmed is None
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    report: Report | None = None
    content = ""
    try:
        if confirmed is not None and confirmed.is_valid():
            content = confirmed.cleaned_data["content"]
            rows = cpts_import.read_file(content.encode())
            report = cpts_import.write(rows, scope=scope, by=request.user)
            if report.accepted:
                messages.success(request, f"{len(report.lines)} CPTS importées.")
                return redirect("admin:orientation_cpts_changelist")
        elif sent and form.is_valid():
            raw = form.cleaned_data["file"]
            report = cpts_import.check(cpts_import.read_file(raw), scope)
            content = raw.decode("utf-8-sig")
    except FileRefused as refused:
        if sent:
            form.add_error("file", str(refused))
        else:
            messages.error(request, str(refused))
    return render(
        request,
        "admin/orientation/cpts/import.html",
        _context(page, request, form=form, report=report, content=content),
    )


def _context(page: ScopedModelAdmin, request: HttpRequest, **values: Any) -> dict[str, Any]:
    return page.admin_site.each_context(request) | {
        "title": "Importer des CPTS",
        "opts": page.opts,
        "columns": cpts_import.COLUMNS,
        **values,
    }
