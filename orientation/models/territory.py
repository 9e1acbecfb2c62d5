"""The reference territory: regions, departments, communes, postal codes, former communes.

These rows come from the files of ``orientation/data`` and are written only by
``orientation.territory_load``; nothing changes them while the service runs.
"""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

INSEE_CODE = r"^([0-9]{2}|2A|2B)[0-9]{3}$"
POSTAL_CODE = r"^[0-9]{5}$"


def matches(field: str, pattern: str, name: str, message: str) -> models.CheckConstraint:
    """A CHECK that `field` follows `pattern` (POSIX regular expression)."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": pattern}), name=name, violation_error_message=message
    )


class Region(models.Model):
    """A region. Its code looks like a department's: never mix the two."""

    code = models.CharField("code", primary_key=True, max_length=2)
    name = models.CharField("nom", max_length=60, unique=True)
    population = models.PositiveIntegerField("population")
    search_name = models.CharField("nom pour la recherche", max_length=60, editable=False)

    class Meta:
        verbose_name = "région"
        ordering = ["name"]

    def __str__(self):
        return self.name


class Departement(models.Model):
    """A department, with its own clock and public holidays.

    `holiday_subdivision` is the code that the `holidays` package expects for France
    (57 and 6AE for Alsace-Moselle, 971… overseas), empty for the common calendar.
    `lat` and `lon` are the population-weighted point, in WGS84 degrees.
    """

    code = models.CharField("code", primary_key=True, max_length=3)
    name = models.CharField("nom", max_length=60, unique=True)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, related_name="departements", verbose_name="région"
    )
    population = models.PositiveIntegerField("population")
    time_zone = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    holiday_subdivision = models.CharField("jours fériés locaux", max_length=4, blank=True)
    lat = models.FloatField("latitude")
    lon = models.FloatField("longitude")
    search_name = models.CharField("nom pour la recherche", max_length=60, editable=False)

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self):
        return f"{self.name} ({self.code})"


class Epci(models.Model):
    """An intercommunal body, known by its SIREN number."""

    siren = models.CharField("SIREN", primary_key=True, max_length=9)
    name = models.CharField("nom", max_length=120)

    class Meta:
        verbose_name = "intercommunalité"
        ordering = ["name"]
        constraints = [
            matches(
                "siren", r"^[0-9]{9}$", "epci_siren_format", "Un numéro SIREN a neuf chiffres."
            ),
        ]

    def __str__(self):
        return self.name


class Commune(models.Model):
    """A commune (COM), or an arrondissement of Paris, Lyon or Marseille (ARM).

    `label` is the name people read ("Paris 16e", "Saint-Paul (La Réunion)"); `search_name` is
    `place_names.search_key` of the name. A row that a later vintage no longer has keeps its place
    with `in_force` false, because conversations and structures point at it.
    """

    class Kind(models.TextChoices):
        COM = "COM", "commune"
        ARM = "ARM", "arrondissement municipal"

    code_insee = models.CharField(
        "code INSEE",
        primary_key=True,
        max_length=5,
        validators=[RegexValidator(INSEE_CODE, "Un code INSEE a cinq caractères.")],
    )
    name = models.CharField("nom", max_length=80)
    label = models.CharField("nom affiché", max_length=120)
    kind = models.CharField("nature", max_length=3, choices=Kind, default=Kind.COM)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="arrondissements",
        verbose_name="commune entière",
    )
    departement = models.ForeignKey(
        Departement,
        on_delete=models.PROTECT,
        related_name="communes",
        verbose_name="département",
    )
    epci = models.ForeignKey(
        Epci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="communes",
        verbose_name="intercommunalité",
    )
    population = models.PositiveIntegerField("population")
    lat = models.FloatField("latitude", null=True, blank=True)
    lon = models.FloatField("longitude", null=True, blank=True)
    search_name = models.CharField("nom pour la recherche", max_length=80, editable=False)
    in_force = models.BooleanField("existe aujourd'hui", default=True)

    class Meta:
        verbose_name = "commune"
        ordering = ["name", "code_insee"]
        indexes = [
            models.Index(
                fields=["search_name"], name="commune_search", opclasses=["text_pattern_ops"]
            ),
        ]
        constraints = [
            matches(
                "code_insee",
                INSEE_CODE,
                "commune_code_insee_format",
                "Un code INSEE a cinq caractères.",
            ),
            models.CheckConstraint(
                condition=Q(kind="COM", parent__isnull=True) | Q(kind="ARM", parent__isnull=False),
                name="commune_arrondissement_has_parent",
                violation_error_message="Un arrondissement appartient à une commune entière.",
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lon__isnull=True)
                | Q(
                    lat__isnull=False,
                    lon__isnull=False,
                    lat__range=(-90, 90),
                    lon__range=(-180, 180),
                ),
                name="commune_point_whole",
                violation_error_message="Donnez la latitude et la longitude, ou aucune des deux.",
            ),
            models.CheckConstraint(
                condition=~Q(search_name=""),
                name="commune_search_name_filled",
                violation_error_message="Le nom pour la recherche est vide.",
            ),
        ]

    def __str__(self):
        return self.label


class CodePostal(models.Model):
    """A postal code serves a commune; both sides may have several of the other."""

    code_postal = models.CharField("code postal", max_length=5)
    commune = models.ForeignKey(
        Commune,
        on_delete=models.CASCADE,
        related_name="codes_postaux",
        verbose_name="commune",
    )

    class Meta:
        verbose_name = "code postal"
        verbose_name_plural = "codes postaux"
        ordering = ["code_postal", "commune_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code_postal", "commune"],
                name="code_postal_once_per_commune",
                violation_error_message="Ce code postal est déjà lié à cette commune.",
            ),
            matches(
                "code_postal",
                POSTAL_CODE,
                "code_postal_format",
                "Un code postal a cinq chiffres.",
            ),
        ]

    def __str__(self):
        return f"{self.code_postal} {self.commune_id}"


class AncienneCommune(models.Model):
    """A former, delegated or associated commune, and the commune it now belongs to.

    `still_active` says that the old code is also the code of the present commune.
    """

    class Nature(models.TextChoices):
        FORMER = "FORMER", "ancienne commune"
        DELEGATED = "DELEGATED", "commune déléguée"
        ASSOCIATED = "ASSOCIATED", "commune associée"

    code_ancien = models.CharField("ancien code", max_length=5)
    name = models.CharField("ancien nom", max_length=80)
    nature = models.CharField("nature", max_length=10, choices=Nature)
    commune = models.ForeignKey(
        Commune,
        on_delete=models.PROTECT,
        related_name="anciennes_communes",
        verbose_name="commune actuelle",
    )
    still_active = models.BooleanField("code encore utilisé", default=False)
    search_name = models.CharField("nom pour la recherche", max_length=80, editable=False)

    class Meta:
        verbose_name = "ancienne commune"
        verbose_name_plural = "anciennes communes"
        ordering = ["name", "code_ancien"]
        indexes = [
            models.Index(
                fields=["search_name"], name="ancienne_search", opclasses=["text_pattern_ops"]
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code_ancien", "commune"],
                name="ancienne_commune_once",
                violation_error_message="Cet ancien code est déjà lié à cette commune.",
            ),
            models.CheckConstraint(
                condition=Q(still_active=False) | Q(code_ancien=F("commune")),
                name="ancienne_commune_active_code",
                violation_error_message="Un code encore utilisé est celui de la commune actuelle.",
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.code_ancien})"


class CollectiviteOutreMer(models.Model):
    """A commune of an overseas collectivity, where the service is not open."""

    class Collectivite(models.TextChoices):
        SPM = "975", "Saint-Pierre-et-Miquelon"
        SAINT_BARTHELEMY = "977", "Saint-Barthélemy"
        SAINT_MARTIN = "978", "Saint-Martin"
        TAAF = "984", "Terres australes et antarctiques françaises"
        WALLIS_FUTUNA = "986", "Wallis-et-Futuna"
        POLYNESIE = "987", "Polynésie française"
        NOUVELLE_CALEDONIE = "988", "Nouvelle-Calédonie"
        CLIPPERTON = "989", "La Passion-Clipperton"

    code_insee = models.CharField("code INSEE", primary_key=True, max_length=5)
    name = models.CharField("nom", max_length=80)
    code_collectivite = models.CharField("collectivité", max_length=3, choices=Collectivite)
    search_name = models.CharField(
        "nom pour la recherche", max_length=80, editable=False, db_index=True
    )

    class Meta:
        verbose_name = "commune d'une collectivité d'outre-mer"
        verbose_name_plural = "communes des collectivités d'outre-mer"
        ordering = ["name", "code_insee"]

    def __str__(self):
        return self.name


class CodePostalOutreMer(models.Model):
    """A postal code of an overseas collectivity."""

    code_postal = models.CharField("code postal", max_length=5)
    collectivite = models.ForeignKey(
        CollectiviteOutreMer,
        on_delete=models.CASCADE,
        related_name="codes_postaux",
        verbose_name="commune",
    )

    class Meta:
        verbose_name = "code postal d'outre-mer"
        verbose_name_plural = "codes postaux d'outre-mer"
        ordering = ["code_postal", "collectivite_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code_postal", "collectivite"],
                name="code_postal_outre_mer_once",
                violation_error_message="Ce code postal est déjà lié à cette commune.",
            ),
        ]

    def __str__(self):
        return f"{self.code_postal} {self.collectivite_id}"


class TerritoryVintage(models.Model):
    """One line per loading: what was loaded, when, from which bytes."""

    source = models.CharField("source", max_length=120)
    vintage = models.CharField("millésime", max_length=20)
    loaded_at = models.DateTimeField("chargé le", auto_now_add=True)
    sha256 = models.CharField("empreinte des fichiers", max_length=64)
    rows = models.PositiveIntegerField("lignes")

    class Meta:
        verbose_name = "millésime du territoire"
        verbose_name_plural = "millésimes du territoire"
        ordering = ["-loaded_at", "-pk"]
        get_latest_by = ["loaded_at", "pk"]

    def __str__(self):
        return f"{self.source} {self.vintage}"


# Tables that never change at run time: tests keep them when they empty the database.
REFERENCE_TABLES = tuple(
    model._meta.db_table
    for model in (
        Region,
        Departement,
        Epci,
        Commune,
        CodePostal,
        AncienneCommune,
        CollectiviteOutreMer,
        CodePostalOutreMer,
        TerritoryVintage,
    )
)
