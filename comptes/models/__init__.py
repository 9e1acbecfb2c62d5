"""Who: people and their kinds, the journal of acts, the wrapped data keys."""

from comptes.models.data_key import DataKey
from comptes.models.invitation import INVITED_KINDS, Invitation
from comptes.models.journal import Act, JournalEntry, JournalSeal
from comptes.models.people import Patient, Profession, Professional, validate_rpps
from comptes.models.user import User, UserKind

__all__ = [
    "Act",
    "DataKey",
    "INVITED_KINDS",
    "Invitation",
    "JournalEntry",
    "JournalSeal",
    "Patient",
    "Profession",
    "Professional",
    "User",
    "UserKind",
    "validate_rpps",
]
