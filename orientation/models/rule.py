"""Rule sets as administrators keep them. A published version never changes (trigger, 0002)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from orientation.models.territory import Departement, Region
from orientation.rule_specs import Condition, RuleError, RuleSpec, check_rule, describe
from orientation.situation import Destination

CONDITIONS = [
    (Condition.DECLARED_SIGN.value, "Un signe de danger est déclaré"),
    (Condition.MEDECIN_TRAITANT_REACHABLE.value, "Le médecin traitant est déclaré et joignable"),
    (Condition.MEDECIN_TRAITANT_NONE.value, "Pas de médecin traitant"),
    (Condition.ALD.value, "Affection de longue durée (ALD)"),
    (Condition.AGE_UNDER.value, "Âge : moins de … ans (years)"),
    (Condition.AGE_AT_LEAST.value, "Âge : … ans ou plus (years)"),
    (Condition.MOTIVE_IN.value, "Le motif est dans la liste (motives)"),
    (Condition.COMMUNE_IN.value, "La commune est dans la liste (communes)"),
    (Condition.SURGERIES_OPEN.value, "Aux heures habituelles des cabinets"),
    (Condition.SURGERIES_CLOSED.value, "En dehors des heures habituelles des cabinets"),
    (Condition.OUTSIDE_SERVICE_HOURS.value, "En dehors des heures de ce service"),
    (Condition.OTHER_OPEN.value, "Un autre médecin du territoire reçoit"),
    (Condition.CPTS_OPEN.value, "Une CPTS ouverte couvre la commune"),
    (Condition.ALWAYS.value, "Dans tous les autres cas"),
]
DESTINATIONS = [
    (Destination.NUMBER.value, "Le numéro du signe déclaré"),
    (Destination.MEDECIN_TRAITANT.value, "Le médecin traitant"),
    (Destination.OTHER_PROFESSIONAL.value, "Un autre professionnel du territoire"),
    (Destination.CPTS.value, "La CPTS du territoire"),
    (Destination.SAS.value, "Le SAS du département"),
]


class RuleSetState(models.TextChoices):
    DRAFT = "DRAFT", "Brouillon"
    PUBLISHED = "PUBLISHED", "Publié"


class RuleSetQuerySet(models.QuerySet["RuleSet"]):
    def visible_to(self, scope) -> "RuleSetQuerySet":
        """Own territories, plus the national sets, which everyone who administers may read."""
        if scope.is_national:
            return self
        return self.filter(
            Q(region__isnull=True, departement__isnull=True)
            | Q(region__in=scope.region_codes)
            | Q(departement__in=scope.departement_codes)
        )


class RuleSet(models.Model):
    """One version of the rules of the nation, a region or a department."""

    name = models.CharField("nom", max_length=120)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, verbose_name="région"
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, blank=True, verbose_name="département"
    )
    version = models.PositiveIntegerField("version")
    state = models.CharField(
        "état", max_length=10, choices=RuleSetState, default=RuleSetState.DRAFT
    )
    effective_from = models.DateTimeField("en vigueur à partir du", null=True, blank=True)
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="publié par",
    )

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = "jeu de règles"
        verbose_name_plural = "jeux de règles"
        ordering = ["region_id", "departement_id", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "departement", "version"],
                nulls_distinct=False,
                name="rule_set_version_once",
                violation_error_message="Cette version existe déjà pour ce territoire.",
            ),
            models.CheckConstraint(
                condition=Q(region__isnull=True) | Q(departement__isnull=True),
                name="rule_set_one_territory",
                violation_error_message="Choisissez une région ou un département, pas les deux.",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT", published_at__isnull=True)
                | Q(state="PUBLISHED", published_at__isnull=False, effective_from__isnull=False),
                name="rule_set_published_is_dated",
                violation_error_message="Un jeu publié a une date de publication et d'effet.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class RuleQuerySet(models.QuerySet["Rule"]):
    def visible_to(self, scope) -> "RuleQuerySet":
        return self.filter(rule_set__in=RuleSet.objects.visible_to(scope))


class Rule(models.Model):
    """One rule: if its condition holds, propose its destination. Lower position first."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField("ordre")
    condition = models.CharField("condition", max_length=40, choices=CONDITIONS)
    params = models.JSONField("précisions", default=dict, blank=True)
    destination = models.CharField("proposer", max_length=24, choices=DESTINATIONS)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "règle"
        verbose_name_plural = "règles"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_set", "position"],
                name="rule_position_once",
                violation_error_message="Deux règles ne peuvent pas avoir le même ordre.",
            )
        ]

    def __str__(self) -> str:
        """What the rule says, or why it cannot be kept."""
        try:
            return describe(self.spec())
        except RuleError as error:
            return str(error)

    def spec(self) -> RuleSpec:
        """The rule as the pure engine reads it."""
        return RuleSpec(
            id=f"R{self.pk or 'nouvelle'}",
            position=self.position or 0,
            condition=Condition(self.condition),
            destination=Destination(self.destination),
            params=self.params or {},
        )

    def clean(self) -> None:
        """Refuse a rule that must not be kept: the sentence says why."""
        if not self.condition or not self.destination:
            return
        try:
            check_rule(self.spec())
        except RuleError as error:
            raise ValidationError(str(error)) from None
