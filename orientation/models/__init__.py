"""WHERE: the models of orientation, gathered for ``from orientation.models import …``."""

from orientation.models.decision import CareSituation, Decision, DecisionChoice, OverrideReason
from orientation.models.invited_role import InvitedRole
from orientation.models.membership import STRUCTURE_ROLES, Duty, Membership, Role
from orientation.models.opening import FinancingSetting, Opening, ServiceHours, Weekday
from orientation.models.rule import Rule, RuleSet, RuleSetState
from orientation.models.structures import (
    CommuneCoverage,
    Cpts,
    Sas,
    Structure,
    StructureKind,
)
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
    "AncienneCommune",
    "CareSituation",
    "CodePostal",
    "CodePostalOutreMer",
    "CollectiviteOutreMer",
    "Commune",
    "CommuneCoverage",
    "Cpts",
    "Decision",
    "DecisionChoice",
    "Departement",
    "Duty",
    "Epci",
    "FinancingSetting",
    "InvitedRole",
    "Membership",
    "Opening",
    "OverrideReason",
    "REFERENCE_TABLES",
    "Region",
    "Role",
    "Rule",
    "RuleSet",
    "RuleSetState",
    "STRUCTURE_ROLES",
    "Sas",
    "ServiceHours",
    "Structure",
    "StructureKind",
    "TerritoryVintage",
    "Weekday",
]
