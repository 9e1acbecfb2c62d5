"""Which territories take part, from when to when, at what hours, with which dated settings."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from orientation.models.territory import Departement, Region


class Weekday(models.IntegerChoices):
    MONDAY = 0, "lundi"
    TUESDAY = 1, "mardi"
    WEDNESDAY = 2, "mercredi"
    THURSDAY = 3, "jeudi"
    FRIDAY = 4, "vendredi"
    SATURDAY = 5, "samedi"
    SUNDAY = 6, "dimanche"
    HOLIDAY = 7, "jour férié"


class OpeningQuerySet(models.QuerySet["Opening"]):
    def visible_to(self, scope) -> "OpeningQuerySet":
        if scope.is_national:
            return self
        return self.filter(
            Q(region__in=scope.region_codes) | Q(departement__in=scope.departement_codes)
        )


class Opening(models.Model):
    """The participation of one region or of one department in the experiment."""

    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name="région"
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, blank=True, verbose_name="département"
    )
    opens_on = models.DateField("ouvre le")
    closes_on = models.DateField("ferme après le", null=True, blank=True)
    decree_reference = models.CharField("référence du décret ou de l'arrêté", max_length=160)
    promise_minutes = models.PositiveIntegerField(
        "délai de réponse promis (minutes)",
        default=240,
        help_text="Compté en heures de service.",
    )
    reopen_days = models.PositiveSmallIntegerField(
        "délai pour rouvrir une conversation (jours)", default=7
    )

    objects = OpeningQuerySet.as_manager()

    class Meta:
        verbose_name = "ouverture"
        verbose_name_plural = "ouvertures"
        ordering = ["opens_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(region__isnull=False, departement__isnull=True)
                | Q(region__isnull=True, departement__isnull=False),
                name="opening_one_territory",
                violation_error_message="Choisissez une région ou un département, pas les deux.",
            ),
            models.CheckConstraint(
                condition=Q(closes_on__isnull=True) | Q(closes_on__gte=models.F("opens_on")),
                name="opening_dates_in_order",
                violation_error_message="La fermeture vient avant l'ouverture.",
            ),
            models.CheckConstraint(
                condition=Q(promise_minutes__gte=5, promise_minutes__lte=10080),
                name="opening_promise_bounded",
                violation_error_message="Le délai promis va de 5 minutes à 7 jours.",
            ),
            models.UniqueConstraint(
                fields=["region", "departement", "opens_on"],
                nulls_distinct=False,
                name="opening_once",
                violation_error_message="Cette ouverture existe déjà.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.departement or self.region} dès le {self.opens_on:%d/%m/%Y}"

    def clean(self) -> None:
        """Refuse two openings of one territory at the same time."""
        if not self.opens_on or bool(self.region_id) == bool(self.departement_id):
            return
        others = Opening.objects.filter(
            region_id=self.region_id, departement_id=self.departement_id
        ).exclude(pk=self.pk)
        others = others.filter(Q(closes_on__isnull=True) | Q(closes_on__gte=self.opens_on))
        if self.closes_on:
            others = others.filter(opens_on__lte=self.closes_on)
        if others.exists():
            raise ValidationError("Ce territoire a déjà une ouverture à ces dates.")


class ServiceHours(models.Model):
    """One span of service, in the local time of the territory."""

    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, related_name="service_hours")
    weekday = models.PositiveSmallIntegerField("jour", choices=Weekday)
    starts_at = models.TimeField("de")
    ends_at = models.TimeField("à")

    class Meta:
        verbose_name = "heures de service"
        verbose_name_plural = "heures de service"
        ordering = ["weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")),
                name="service_hours_in_order",
                violation_error_message="L'heure de fin vient avant l'heure de début.",
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=7),
                name="service_hours_weekday_known",
                violation_error_message="Ce jour n'existe pas.",
            ),
            models.UniqueConstraint(
                fields=["opening", "weekday", "starts_at"],
                name="service_hours_once",
                violation_error_message="Cette plage existe déjà.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class FinancingSetting(models.Model):
    """A dated value of the financing of the experiment. A past value is never rewritten."""

    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, related_name="financing")
    key = models.CharField(
        "réglage",
        max_length=40,
        choices=[
            ("HOURLY_RATE_EUR", "Forfait horaire d'un professionnel (€)"),
            ("STRUCTURE_GRANT_EUR", "Dotation annuelle d'une structure (€)"),
            ("FUND", "Fonds ou enveloppe"),
        ],
    )
    value = models.CharField("valeur", max_length=120)
    applies_from = models.DateField("à partir du")
    reference = models.CharField("texte de référence", max_length=160)

    class Meta:
        verbose_name = "réglage de financement"
        verbose_name_plural = "réglages de financement"
        ordering = ["key", "applies_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["opening", "key", "applies_from"],
                name="financing_once",
                violation_error_message="Ce réglage a déjà une valeur à cette date.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()} : {self.value}"
