"""Places of care: CPTS, SAS and other structures, and the communes or departments they cover."""

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from orientation.models.territory import Commune, Departement


class StructureKind(models.TextChoices):
    CPTS = "CPTS", "CPTS"
    SAS = "SAS", "SAS"
    MAISON_SANTE = "MAISON_SANTE", "Maison de santé"
    CENTRE_SANTE = "CENTRE_SANTE", "Centre de santé"
    CABINET = "CABINET", "Cabinet"
    PHARMACIE = "PHARMACIE", "Pharmacie"


class StructureQuerySet(models.QuerySet["Structure"]):
    def visible_to(self, scope) -> "StructureQuerySet":
        """Structures of the scope: its own ones, or those of its departments."""
        if scope.is_national:
            return self
        return self.filter(
            Q(departement__in=scope.departement_codes) | Q(pk__in=scope.structure_ids)
        )

    def open_on(self, day) -> "StructureQuerySet":
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day))


class Structure(models.Model):
    """One place of care. A fictitious one says so on every screen (`is_fictitious`)."""

    kind = models.CharField("type", max_length=16, choices=StructureKind)
    name = models.CharField("nom", max_length=160)
    identifier = models.CharField(
        "identifiant",
        max_length=20,
        unique=True,
        help_text="Numéro FINESS (neuf caractères), ou SYN-… pour un lieu fictif.",
        validators=[
            RegexValidator(
                r"^([0-9][0-9AB][0-9]{7}|SYN-[0-9A-Z-]{1,16})$",
                "Un numéro FINESS a neuf caractères ; un lieu fictif commence par SYN-.",
            )
        ],
        error_messages={"unique": "Une structure a déjà cet identifiant."},
    )
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, related_name="structures", verbose_name="département"
    )
    address = models.CharField("adresse", max_length=200, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    samu_line = models.CharField(
        "ligne du SAMU pour les professionnels",
        max_length=20,
        blank=True,
        help_text="Dix chiffres. Pour un SAS : ce numéro joint le SAMU du département d'ailleurs.",
    )
    opening_note = models.CharField("quand y aller", max_length=200, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    accepts_orientations = models.BooleanField("reçoit des orientations", default=True)
    closed_on = models.DateField("fermée le", null=True, blank=True)
    is_fictitious = models.BooleanField("lieu fictif", default=False)
    source = models.CharField("source", max_length=120)
    source_date = models.DateField("date de la source")
    communes = models.ManyToManyField(
        Commune,
        through="CommuneCoverage",
        related_name="structures",
        blank=True,
        verbose_name="communes couvertes",
    )

    objects = StructureQuerySet.as_manager()

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["name"]
        indexes = [models.Index(fields=["departement", "kind"], name="structure_dept_kind")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StructureKind.values),
                name="structure_kind_known",
                violation_error_message="Ce type de structure n'existe pas.",
            ),
            models.CheckConstraint(
                condition=Q(is_fictitious=True, identifier__startswith="SYN-")
                | (Q(is_fictitious=False) & ~Q(identifier__startswith="SYN-")),
                name="structure_fictitious_says_so",
                violation_error_message="Un identifiant SYN-… est réservé aux lieux fictifs.",
            ),
            models.UniqueConstraint(
                fields=["departement"],
                condition=Q(kind="SAS", closed_on__isnull=True),
                name="structure_one_open_sas_per_departement",
                violation_error_message="Ce département a déjà un SAS ouvert.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_open_on(self, day: date) -> bool:
        """Whether it still stands on a day; the same as `open_on` of the queryset."""
        return self.closed_on is None or self.closed_on > day


class CptsManager(models.Manager.from_queryset(StructureQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return super().get_queryset().filter(kind=StructureKind.CPTS)


class SasManager(models.Manager.from_queryset(StructureQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return super().get_queryset().filter(kind=StructureKind.SAS)


class Cpts(Structure):
    """A CPTS (code de la santé publique L1434-12): it covers communes."""

    objects = CptsManager()

    class Meta:
        proxy = True
        verbose_name = "CPTS"
        verbose_name_plural = "CPTS"


class Sas(Structure):
    """The access-to-care service of a department (code de la santé publique L6311-3)."""

    objects = SasManager()

    class Meta:
        proxy = True
        verbose_name = "SAS"
        verbose_name_plural = "SAS"


class CommuneCoverage(models.Model):
    """A structure covers a commune (an arrondissement in Paris, Lyon and Marseille)."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="coverages")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="coverages")

    class Meta:
        verbose_name = "commune couverte"
        verbose_name_plural = "communes couvertes"
        constraints = [
            models.UniqueConstraint(
                fields=["structure", "commune"],
                name="coverage_once",
                violation_error_message="Cette commune est déjà dans la liste.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.structure_id} {self.commune_id}"
