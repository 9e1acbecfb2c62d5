"""WHERE: the models of orientation, gathered for ``from orientation.models import …``."""

from orientation.models.territory import (
    REFERENCE_TABLES,
    AncienneCommune,
    CodePostal,
    CodePostalOutreMer,
    CollectiviteOutreMer,
    Commune,
    Departement,
    Epci,
    Region,
    TerritoryVintage,
)

__all__ = [
    "REFERENCE_TABLES",
    "AncienneCommune",
    "CodePostal",
    "CodePostalOutreMer",
    "CollectiviteOutreMer",
    "Commune",
    "Departement",
    "Epci",
    "Region",
    "TerritoryVintage",
]
