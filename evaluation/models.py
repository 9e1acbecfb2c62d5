"""Counts of each local day, and the figures published from them. No person, no text."""

from django.db import models
from django.db.models import F, Q

from orientation.models import Departement, Region, Structure
from orientation.scope import Scope


class Dimension(models.TextChoices):
    """What a daily count splits."""

    OUTCOME = "OUTCOME", "Issue de la demande"
    DELAY = "DELAY", "Délai de la première réponse"
    PROMISE = "PROMISE", "Délai promis"
    ALTERNATIVE = "ALTERNATIVE", "Sans ce service"
    DOOR = "DOOR", "Signe de danger à l'entrée"


class DailyTally(models.Model):
    """One count of one local day in one territory. Counting again gives the same row.

    `day` is local to the territory of the request, frozen at opening. `cpts` is the one that
    covered the commune then; empty when none did, and for what happens at the door.
    """

    day = models.DateField("jour")
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+")
    cpts = models.ForeignKey(
        Structure, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="CPTS"
    )
    dimension = models.CharField("dimension", max_length=12, choices=Dimension)
    code = models.CharField("code", max_length=32)
    count = models.PositiveIntegerField("nombre")
    version = models.CharField("version", max_length=12)

    class Meta:
        verbose_name = "compte du jour"
        verbose_name_plural = "comptes du jour"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "departement", "cpts", "dimension", "code", "version"],
                nulls_distinct=False,
                name="tally_once",
                violation_error_message="Ce compte existe déjà.",
            ),
            models.CheckConstraint(
                condition=Q(dimension__in=Dimension.values),
                name="tally_dimension_known",
                violation_error_message="Cette dimension n'existe pas.",
            ),
            models.CheckConstraint(
                condition=Q(count__gt=0),
                name="tally_counts_something",
                violation_error_message="Un compte nul ne s'écrit pas.",
            ),
        ]
        indexes = [models.Index(fields=["version", "day"], name="tally_version_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.departement_id} {self.dimension} {self.code}"


class Level(models.TextChoices):
    """The territory of a published figure."""

    NATION = "NATION", "France"
    REGION = "REGION", "Région"
    DEPARTEMENT = "DEPARTEMENT", "Département"
    CPTS = "CPTS", "CPTS, dans un département"
    NO_CPTS = "NO_CPTS", "Communes sans CPTS"


class Status(models.TextChoices):
    PROVISIONAL = "PROVISIONAL", "provisoire"
    FROZEN = "FROZEN", "figé"


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, scope: Scope) -> "ReportQuerySet":
        """Published figures of the territories of an administrator or of an evaluator.

        1. national: all; 2. regional: their regions, departments and what is inside;
        3. everybody else, professionals and coordinators included: none.
        """
        if not (scope.is_administrator or scope.is_evaluator):
            return self.none()
        if scope.is_national:
            return self
        inside = [Level.DEPARTEMENT, Level.CPTS, Level.NO_CPTS]
        return self.filter(
            Q(level=Level.REGION, region__in=scope.region_codes)
            | Q(level__in=inside, departement__in=scope.departement_codes)
        )

    def in_force(self) -> "ReportQuerySet":
        """The last revision of each period."""
        return self.filter(superseded=False)


class Report(models.Model):
    """One published figure. A masked one keeps neither its count nor anything that gives it away.

    A frozen period never changes: a correction is a new `revision`, and the old one stays,
    marked `superseded`.
    """

    period_kind = models.CharField(
        "période", max_length=5, choices=[("WEEK", "semaine"), ("MONTH", "mois")]
    )
    period_start = models.DateField("début")
    level = models.CharField("niveau", max_length=12, choices=Level)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, related_name="+")
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, related_name="+"
    )
    cpts = models.ForeignKey(Structure, on_delete=models.PROTECT, null=True, related_name="+")
    indicator = models.CharField("indicateur", max_length=32)
    numerator = models.PositiveIntegerField("nombre", null=True)
    denominator = models.PositiveIntegerField("sur", null=True)
    low = models.FloatField("borne basse", null=True)
    high = models.FloatField("borne haute", null=True)
    masked = models.BooleanField("masqué", default=False)
    status = models.CharField("état", max_length=12, choices=Status)
    version = models.CharField("version des définitions", max_length=12)
    revision = models.PositiveSmallIntegerField("révision", default=1)
    superseded = models.BooleanField("remplacé", default=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = "figure publiée"
        verbose_name_plural = "figures publiées"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "period_kind",
                    "period_start",
                    "level",
                    "region",
                    "departement",
                    "cpts",
                    "indicator",
                    "version",
                    "revision",
                ],
                nulls_distinct=False,
                name="report_once",
                violation_error_message="Cette figure est déjà publiée.",
            ),
            models.CheckConstraint(
                condition=Q(masked=False, numerator__isnull=False)
                | Q(masked=True, numerator__isnull=True, low__isnull=True, high__isnull=True),
                name="report_masked_holds_nothing",
                violation_error_message="Une figure masquée ne garde pas son nombre.",
            ),
            models.CheckConstraint(
                condition=Q(numerator__isnull=True)
                | Q(denominator__isnull=True)
                | Q(numerator__lte=F("denominator")),
                name="report_part_of_whole",
                violation_error_message="Une part ne dépasse pas son tout.",
            ),
            models.CheckConstraint(
                condition=~Q(numerator__gt=0, numerator__lt=11),
                name="report_no_small_cell",
                violation_error_message="Un nombre de 1 à 10 ne se publie pas.",
            ),
            models.CheckConstraint(
                condition=Q(level="NATION", region__isnull=True, departement__isnull=True)
                | Q(level="REGION", region__isnull=False, departement__isnull=True)
                | Q(
                    level__in=["DEPARTEMENT", "CPTS", "NO_CPTS"],
                    region__isnull=False,
                    departement__isnull=False,
                ),
                name="report_place_fits_level",
                violation_error_message="Ce niveau demande un autre territoire.",
            ),
            models.CheckConstraint(
                condition=Q(level="CPTS", cpts__isnull=False)
                | (~Q(level="CPTS") & Q(cpts__isnull=True)),
                name="report_cpts_fits_level",
                violation_error_message="Une CPTS va avec le niveau CPTS, et avec lui seul.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["version", "period_kind", "period_start"],
                condition=Q(superseded=False),
                name="report_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_kind} {self.period_start} {self.level} {self.indicator}"
