"""Attachments of conversations."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messagerie", "0002_epoch_and_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("client_id", models.UUIDField(verbose_name="numéro donné par l'appareil")),
                (
                    "content_mac",
                    models.BinaryField(
                        max_length=32, verbose_name="empreinte sous clé du fichier envoyé"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("EN_ANALYSE", "en analyse"),
                            ("PRET", "prêt"),
                            ("REFUSE", "refusé par l'antivirus"),
                            ("EFFACE", "effacé"),
                        ],
                        max_length=12,
                        verbose_name="état",
                    ),
                ),
                (
                    "media",
                    models.CharField(
                        choices=[
                            ("image/jpeg", "photo"),
                            ("image/png", "image"),
                            ("application/pdf", "document PDF"),
                        ],
                        max_length=20,
                        verbose_name="type",
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="taille en octets")),
                ("width", models.PositiveIntegerField(verbose_name="largeur en points")),
                ("height", models.PositiveIntegerField(verbose_name="hauteur en points")),
                ("pages", models.PositiveSmallIntegerField(null=True, verbose_name="pages")),
                ("stored_file", models.CharField(blank=True, max_length=80)),
                ("stored_preview", models.CharField(blank=True, max_length=80)),
                ("stored_source", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField(verbose_name="joint le")),
                (
                    "settled_at",
                    models.DateTimeField(null=True, verbose_name="prêt, refusé ou effacé le"),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="messagerie.conversation",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachment",
                        to="messagerie.message",
                    ),
                ),
                (
                    "uploader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "fichier joint",
                "verbose_name_plural": "fichiers joints",
                "ordering": ["conversation_id", "created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "EN_ANALYSE")),
                        fields=["created_at"],
                        name="attachment_to_scan",
                    ),
                    models.Index(fields=["created_at"], name="attachment_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "uploader", "client_id"),
                        name="attachment_client_id_once",
                        violation_error_message="Ce fichier est déjà reçu.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["EN_ANALYSE", "PRET", "REFUSE", "EFFACE"])
                        ),
                        name="attachment_state_known",
                        violation_error_message="Cet état n'existe pas.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("media", "application/pdf"),
                                ("pages__gte", 1),
                                ("pages__isnull", False),
                            ),
                            models.Q(
                                ("media__in", ["image/jpeg", "image/png"]), ("pages__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="attachment_media_fits_pages",
                        violation_error_message="Seul un document PDF a des pages.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("height__gte", 1), ("size__gte", 1), ("width__gte", 1)),
                        name="attachment_has_a_size",
                        violation_error_message="Un fichier a une taille.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at__isnull", True), ("state", "EN_ANALYSE")),
                            models.Q(
                                models.Q(("state", "EN_ANALYSE"), _negated=True),
                                ("settled_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="attachment_settled_has_date",
                        violation_error_message="Un fichier prêt, refusé ou effacé a une date.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "EN_ANALYSE"), _negated=True),
                            models.Q(("stored_source", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="attachment_in_analysis_has_source",
                        violation_error_message="Un fichier en analyse a gardé ce qui fut envoyé.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["EN_ANALYSE", "PRET"]), _negated=True),
                            models.Q(
                                models.Q(("stored_file", ""), _negated=True),
                                models.Q(("stored_preview", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="attachment_ready_has_bytes",
                        violation_error_message="Un fichier prêt a un contenu.",
                    ),
                ],
            },
        ),
    ]
