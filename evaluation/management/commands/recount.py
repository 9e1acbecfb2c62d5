"""`manage.py recount`: count one day or several again, and publish the periods they are in."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from evaluation.report import publish_around
from evaluation.tally import days_between, first_day, recount_day
from evaluation.tasks import last_finished_day, recount_since

MOST_DAYS = 3660


class Command(BaseCommand):
    help = (
        "Recompte un jour (--day), plusieurs (--from et --to), tout (--all), ou, sans option, "
        "ce qui a changé. Recompter ne change rien quand rien n'a changé."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="jour à recompter, AAAA-MM-JJ")
        parser.add_argument("--from", dest="first", help="premier jour, AAAA-MM-JJ")
        parser.add_argument("--to", dest="last", help="dernier jour, AAAA-MM-JJ ; hier par défaut")
        parser.add_argument("--all", action="store_true", help="tous les jours depuis le premier")

    def handle(self, **options: object) -> None:
        now = timezone.now()
        if not any(options[name] for name in ("day", "first", "last", "all")):
            days, periods = recount_since(now)
            self.stdout.write(f"{days} jour(s) recompté(s), {periods} période(s) modifiée(s).")
            return
        first, last = self._bounds(options)
        if first is None:
            self.stdout.write("Rien à compter : aucune demande n'a encore été faite.")
            return
        if last < first:
            raise CommandError("Le dernier jour vient avant le premier.")
        if (last - first).days >= MOST_DAYS:
            raise CommandError(f"Au plus {MOST_DAYS} jours à la fois.")
        wanted = list(days_between(first, last))
        for day in wanted:
            recount_day(day)
        periods = publish_around(wanted, now)
        self.stdout.write(f"{len(wanted)} jour(s) recompté(s), {periods} période(s) modifiée(s).")

    def _bounds(self, options: dict[str, object]) -> tuple[date | None, date]:
        yesterday = last_finished_day(timezone.now())
        if options["day"]:
            if options["first"] or options["last"] or options["all"]:
                raise CommandError("Choisissez un jour, ou une suite de jours, pas les deux.")
            day = self._day(options["day"])
            return day, day
        last = self._day(options["last"]) if options["last"] else yesterday
        if options["all"]:
            return first_day(), last
        if not options["first"]:
            raise CommandError("Donnez le premier jour avec --from.")
        return self._day(options["first"]), last

    @staticmethod
    def _day(text: object) -> date:
        try:
            return date.fromisoformat(str(text))
        except ValueError as error:
            raise CommandError(f"« {text} » n'est pas un jour : écrivez AAAA-MM-JJ.") from error
