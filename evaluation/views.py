"""The report: one territory, one month, its pictures, their tables, their CSV and its PDF."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from evaluation import pdf, reading, tables
from evaluation.csv_export import write_csv
from evaluation.indicators import CITED_RESOLUTION, VERSION, Rate
from evaluation.pictures import HEIGHT, WIDTH, WeekRate, bar, funnel_picture, week_picture
from evaluation.reading import Choice, Line
from evaluation.words import in_month, month_name, number, percent
from messagerie.printing import CannotMakePdf, compile_pdf
from orientation.scope import Scope, scope_for

logger = logging.getLogger(__name__)

WEEKS_SHOWN = 26
CITED_LABEL = "53\u00a0%, chiffre cité par l'amendement, définition inconnue"


def for_readers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Administrators and evaluators only; gives the view the scope of the request."""

    @wraps(view)
    @never_cache
    @require_safe
    @login_required
    def guarded(request: HttpRequest, **kwargs: object) -> HttpResponse:
        scope = scope_for(request.user)
        if not (scope.is_administrator or scope.is_evaluator):
            raise PermissionDenied
        return view(request, scope, **kwargs)

    return guarded


@dataclass(frozen=True)
class Asked:
    """What the address asks for, checked against what the reader may open."""

    places: list[Choice]
    place: Choice | None
    months: list[date]
    month: date | None

    def query(self, **changes: str) -> str:
        values = {
            "territoire": self.place.key if self.place else "",
            "mois": f"{self.month:%Y-%m}" if self.month else "",
        }
        return urlencode(values | changes)


def _asked(request: HttpRequest, scope: Scope) -> Asked:
    """Raises Http404 for a territory or a month that the reader cannot open."""
    places = reading.territories(scope)
    key = request.GET.get("territoire", "")
    place = next((choice for choice in places if choice.key == key), None)
    if key and place is None:
        raise Http404
    if place is None and places:
        place = places[0]
    if place is None:
        return Asked(places, None, [], None)
    months = reading.months(scope, place)
    asked = request.GET.get("mois", "")
    month = next((start for start in months if f"{start:%Y-%m}" == asked), None)
    if asked and month is None:
        raise Http404
    if month is None:
        month = reading.month_to_show(months, timezone.localdate())
    return Asked(places, place, months, month)


@for_readers
def report(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The page. Without any published figure, it says so."""
    asked = _asked(request, scope)
    if asked.place is None or asked.month is None:
        return render(request, "evaluation/vide.html", {"version": VERSION})
    context = {
        "asked": asked,
        "months": [(f"{start:%Y-%m}", month_name(start)) for start in asked.months],
        "month_value": f"{asked.month:%Y-%m}",
        "csv": {name: f"{reverse('evaluation:csv', args=[name])}?{asked.query()}" for name in CSV},
        "pdf": f"{reverse('evaluation:pdf')}?{asked.query()}",
        **_content(scope, asked.place, asked.month),
    }
    return render(request, "evaluation/rapport.html", context)


@for_readers
def report_pdf(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The report as a PDF to print or to send. 404 when nothing is published; 503 with a plain
    sentence when it cannot be made."""
    asked = _asked(request, scope)
    if asked.place is None or asked.month is None:
        raise Http404
    content = _content(scope, asked.place, asked.month)
    try:
        data = pdf.document(content, asked.place.label, timezone.localdate())
        made = compile_pdf(pdf.TEMPLATE, data)
    except CannotMakePdf as refusal:
        logger.warning("evaluation report not made as a PDF: %s", refusal)
        back = f"{reverse('evaluation:rapport')}?{asked.query()}"
        return render(request, "evaluation/sans_pdf.html", {"back": back}, status=503)
    response = HttpResponse(made, content_type="application/pdf")
    name = f"resultats-{asked.place.key}-{asked.month:%Y-%m}.pdf".lower()
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _content(scope: Scope, place: Choice, month: date) -> dict[str, object]:
    """What the report says, on the page as in the PDF."""
    own, inside = reading.month_lines(scope, place, month)
    weeks = reading.weeks(scope, place, ["RESOLVED"], WEEKS_SHOWN)
    if own is None:
        raise Http404
    return {
        "month": month_name(month),
        "title": _finding(own, month),
        "details": _details(own),
        "provisional": own.provisional,
        "version": VERSION,
        "width": WIDTH,
        "height": HEIGHT,
        "cited_label": CITED_LABEL,
        "indicators": tables.indicator_table(own),
        "weeks": _week_picture(weeks),
        "week_table": tables.week_table(weeks),
        "door": tables.door_table(own),
        **_bars(own),
        **_funnel(own, inside),
    }


def _finding(line: Line, month: date) -> str:
    """The title says the finding."""
    rate = tables.rate_of(line.figures.get("RESOLVED"))
    if rate is None:
        return f"{in_month(month)}, trop peu de demandes pour publier un taux de résolution"
    return f"{in_month(month)}, {percent(rate)} des demandes déclarées résolues"


def _details(line: Line) -> str:
    """Bounds and whole of the title, in one sentence; empty when masked."""
    figure = line.figures.get("RESOLVED")
    if figure is None or figure.low is None or figure.denominator is None:
        return ""
    return (
        f"Entre {percent(figure.low, 1)} et {percent(figure.high, 1)} "
        f"(intervalle à 95\u00a0%), sur {number(figure.denominator)} demandes."
    )


def _week_picture(lines: list[Line]):
    weeks = []
    for line in lines:
        figure = line.figures.get("RESOLVED")
        weeks.append(
            WeekRate(
                label=f"{line.start:%d/%m}",
                rate=tables.rate_of(figure),
                low=figure.low if figure else None,
                high=figure.high if figure else None,
                provisional=line.provisional,
            )
        )
    return week_picture(weeks, float(CITED_RESOLUTION) / 100)


def _bars(line: Line) -> dict[str, object]:
    context: dict[str, object] = {}
    for name, caption, shares in (
        ("outcomes", "Issues des demandes", tables.outcome_shares(line)),
        ("delays", "Délai de la première réponse", tables.delay_shares(line)),
        ("promises", "Délai promis", tables.promise_shares(line)),
    ):
        context[name] = bar([(share.label, share.percent, share.words) for share in shares])
        context[f"{name}_table"] = tables.share_table(caption, shares)
    return context


def _funnel(own: Line, inside: list[Line]) -> dict[str, object]:
    rates = []
    for line in inside:
        figure = line.figures.get("RESOLVED")
        if figure and figure.numerator is not None and figure.denominator:
            rates.append((line.label, Rate(figure.numerator, figure.denominator)))
    reference = tables.rate_of(own.figures.get("RESOLVED"))
    return {
        "funnel": funnel_picture(rates, reference or 0),
        "place_table": tables.place_table(inside),
        "hidden_places": len(inside) - len(rates),
    }


def _weeks_csv(scope: Scope, asked: Asked) -> tables.Table:
    lines = reading.weeks(scope, asked.place, ["RESOLVED"], WEEKS_SHOWN)
    return tables.week_table(lines)


def _own_csv(make: Callable[[Line], tables.Table]) -> Callable[[Scope, Asked], tables.Table]:
    def build(scope: Scope, asked: Asked) -> tables.Table:
        own, _inside = reading.month_lines(scope, asked.place, asked.month)
        if own is None:
            raise Http404
        return make(own)

    return build


def _places_csv(scope: Scope, asked: Asked) -> tables.Table:
    return tables.place_table(reading.month_lines(scope, asked.place, asked.month)[1])


CSV: dict[str, Callable[[Scope, Asked], tables.Table]] = {
    "semaines": _weeks_csv,
    "taux": _own_csv(tables.indicator_table),
    "issues": _own_csv(lambda line: tables.share_table("Issues", tables.outcome_shares(line))),
    "territoires": _places_csv,
    "delais": _own_csv(lambda line: tables.share_table("Délais", tables.delay_shares(line))),
    "promesse": _own_csv(lambda line: tables.share_table("Promesse", tables.promise_shares(line))),
    "signes": _own_csv(tables.door_table),
}


@for_readers
def table_csv(request: HttpRequest, scope: Scope, picture: str) -> HttpResponse:
    """The table of one picture. 404 for an unknown picture, or when nothing is published."""
    build = CSV.get(picture)
    asked = _asked(request, scope)
    if build is None or asked.place is None or asked.month is None:
        raise Http404
    table = build(scope, asked)
    about = (asked.place.label, f"{asked.month:%Y-%m}", VERSION)
    text = write_csv(
        (*table.header, "Territoire du rapport", "Mois", "Version des définitions"),
        [(*row, *about) for row in table.raw],
    )
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"{picture}-{asked.place.key}-{asked.month:%Y-%m}.csv".lower()
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
