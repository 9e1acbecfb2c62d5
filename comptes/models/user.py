"""The account of a person. It knows no place and no organisation."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower


class UserKind(models.TextChoices):
    PATIENT = "PATIENT", "Patient"
    PROFESSIONAL = "PROFESSIONAL", "Professionnel de santé"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrateur"
    EVALUATOR = "EVALUATOR", "Évaluateur"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account; without a password it can only sign in by mail code."""
        if not email:
            raise ValueError("Un compte a besoin d'une adresse électronique.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """For the command line only: the admin site refuses superusers in production."""
        fields.setdefault("kind", UserKind.ADMINISTRATOR)
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person, one e-mail address, one kind. Rights come from Membership, never from groups."""

    email = models.EmailField(
        "adresse électronique",
        unique=True,
        error_messages={"unique": "Un compte existe déjà avec cette adresse."},
    )
    kind = models.CharField(
        "type de compte", max_length=16, choices=UserKind, default=UserKind.PATIENT
    )
    first_name = models.CharField("prénom", max_length=80, blank=True)
    last_name = models.CharField("nom", max_length=80, blank=True)
    is_active = models.BooleanField("compte actif", default=True)
    is_demo = models.BooleanField("personne fictive", default=False)
    date_joined = models.DateTimeField("créé le", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message="Un compte existe déjà avec cette adresse.",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=UserKind.values),
                name="user_kind_known",
                violation_error_message="Ce type de compte n'existe pas.",
            ),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(kind=UserKind.ADMINISTRATOR),
                name="user_superuser_is_administrator",
                violation_error_message="Seul un administrateur peut être superutilisateur.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email.split("@")[0]

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin lets this person see its sign-in page; scope decides the rest."""
        return self.kind == UserKind.ADMINISTRATOR

    @property
    def needs_second_factor_always(self) -> bool:
        """Everybody but patients signs in with a second factor, whatever the settings."""
        return self.kind != UserKind.PATIENT
