"""The journal: who opened or did what, on which conversation. Rows are only ever added."""

from django.db import models


class Act(models.TextChoices):
    SIGN_IN = "SIGN_IN", "s'est connecté"
    SIGN_OUT = "SIGN_OUT", "s'est déconnecté"
    SIGN_IN_FAILED = "SIGN_IN_FAILED", "connexion refusée"
    DEMO_DOOR = "DEMO_DOOR", "est entré par la porte de démonstration"
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "a changé de mot de passe"
    SECOND_FACTOR_CHANGED = "SECOND_FACTOR_CHANGED", "a changé de second facteur"
    INVITED = "INVITED", "a invité une personne"
    INVITATION_ACCEPTED = "INVITATION_ACCEPTED", "a accepté une invitation"
    ROLE_CHANGED = "ROLE_CHANGED", "a changé un rôle"
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED", "a désactivé un compte"
    ACCOUNT_ENABLED = "ACCOUNT_ENABLED", "a réactivé un compte"
    CONVERSATION_OPENED = "CONVERSATION_OPENED", "a posé la question"
    CONVERSATION_READ = "CONVERSATION_READ", "a ouvert la conversation"
    CONVERSATION_TAKEN = "CONVERSATION_TAKEN", "a pris la conversation"
    CONVERSATION_RETURNED = "CONVERSATION_RETURNED", "a remis la conversation en attente"
    CONVERSATION_CLOSED = "CONVERSATION_CLOSED", "a clos la conversation"
    CONVERSATION_REOPENED = "CONVERSATION_REOPENED", "a rouvert la conversation"
    CONVERSATION_EXPIRED = "CONVERSATION_EXPIRED", "conversation close faute de réponse"
    MESSAGE_POSTED = "MESSAGE_POSTED", "a écrit un message"
    WORSENING_DECLARED = "WORSENING_DECLARED", "a signalé une aggravation"
    ORIENTED = "ORIENTED", "a orienté"
    EMERGENCY_TRANSMITTED = "EMERGENCY_TRANSMITTED", "a transmis au 15"
    SHEET_PRINTED = "SHEET_PRINTED", "a ouvert la fiche de transmission"
    FILE_READ_BY_PATIENT = "FILE_READ_BY_PATIENT", "a consulté son dossier"
    ADMIN_ADDED = "ADMIN_ADDED", "a ajouté une fiche d'administration"
    ADMIN_CHANGED = "ADMIN_CHANGED", "a modifié une fiche d'administration"
    ADMIN_DELETED = "ADMIN_DELETED", "a supprimé une fiche d'administration"
    CPTS_IMPORTED = "CPTS_IMPORTED", "a importé des CPTS"
    RULES_PUBLISHED = "RULES_PUBLISHED", "a publié des règles"
    DUTY_STARTED = "DUTY_STARTED", "a pris sa garde"
    DUTY_ENDED = "DUTY_ENDED", "a quitté sa garde"
    ATTACHMENT_ADDED = "ATTACHMENT_ADDED", "a joint un fichier"
    ATTACHMENT_READ = "ATTACHMENT_READ", "a ouvert un fichier joint"
    FILE_DOWNLOADED = "FILE_DOWNLOADED", "a téléchargé son dossier"
    ERASURE_ASKED = "ERASURE_ASKED", "a demandé l'effacement d'une conversation"
    ERASURE_REFUSED = "ERASURE_REFUSED", "a refusé l'effacement d'une conversation"
    CONVERSATION_ERASED = "CONVERSATION_ERASED", "contenu de la conversation effacé"
    MASTER_KEY_RENEWED = "MASTER_KEY_RENEWED", "clé maîtresse renouvelée"
    NOTICES_STOPPED = "NOTICES_STOPPED", "ne veut plus recevoir d'avis"
    NOTICES_RESUMED = "NOTICES_RESUMED", "veut de nouveau recevoir des avis"


class JournalEntry(models.Model):
    """One line. Ids only: the journal never holds a word of care.

    People are kept by number, without a foreign key, so that an erased account leaves its lines.
    A trigger refuses UPDATE, DELETE and TRUNCATE (see migration 0002).
    """

    at = models.DateTimeField("date", db_index=True)
    act = models.CharField("acte", max_length=32, choices=Act)
    actor_id = models.BigIntegerField("compte", null=True)
    actor_kind = models.CharField("type de compte", max_length=16, blank=True)
    conversation_id = models.UUIDField("conversation", null=True)
    seq = models.PositiveIntegerField("numéro de message", null=True)
    object_ref = models.CharField("objet", max_length=80, blank=True)
    reason = models.CharField("motif", max_length=120, blank=True)

    class Meta:
        verbose_name = "ligne du journal"
        verbose_name_plural = "journal"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["conversation_id", "id"], name="journal_conversation"),
            models.Index(fields=["actor_id", "id"], name="journal_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.act}"


class JournalSeal(models.Model):
    """One sealed UTC day. Each seal covers the one before, so a day cannot be removed unseen."""

    day = models.DateField("jour", primary_key=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    row_count = models.PositiveIntegerField()
    row_digests = models.BinaryField("numéro (8 octets) et empreinte (16 octets) de chaque ligne")
    previous = models.BinaryField()
    seal = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = "sceau du journal"
        verbose_name_plural = "sceaux du journal"
        ordering = ["day"]

    def __str__(self) -> str:
        return self.day.isoformat()
