"""Erasure, asked by one person and confirmed by another."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messagerie", "0003_attachments"),
        ("orientation", "0007_seal_care_situation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ErasureRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Demandée par le patient"),
                            ("ASKED", "Attend une seconde personne"),
                            ("REFUSED", "Refusée"),
                            ("DONE", "Contenu effacé"),
                        ],
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("PATIENT_ASKED", "La personne concernée le demande"),
                            ("MISTAKE", "Conversation ouverte par erreur"),
                            ("OTHER_PERSON", "Écrite depuis le compte d'une autre personne"),
                            ("COURT", "Décision d'un juge ou de la CNIL"),
                            ("TEST", "Essai technique"),
                        ],
                        max_length=16,
                        verbose_name="raison",
                    ),
                ),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("LEGAL_TERM", "La loi oblige à garder ce dossier de soins"),
                            ("NOT_FOUNDED", "La raison donnée n'est pas établie"),
                            ("DISPUTE", "Le dossier peut servir de preuve dans un litige"),
                            ("WITHDRAWN", "La demande est retirée"),
                        ],
                        max_length=16,
                        verbose_name="raison du refus",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(null=True, verbose_name="demandée par le patient le"),
                ),
                ("asked_at", models.DateTimeField(null=True, verbose_name="demandée le")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="décidée le")),
            ],
            options={
                "verbose_name": "demande d'effacement",
                "verbose_name_plural": "demandes d'effacement",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="erased_at",
            field=models.DateTimeField(null=True, verbose_name="contenu effacé le"),
        ),
        migrations.AddField(
            model_name="conversation",
            name="shredded_at",
            field=models.DateTimeField(null=True, verbose_name="clé et fichiers détruits le"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", False), ("shredded_at__isnull", True)),
                fields=["erased_at"],
                name="conversation_to_shred",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at__isnull", True), ("state", "CLOSED"), _connector="OR"
                ),
                name="conversation_erased_is_closed",
                violation_error_message="Une conversation ouverte ne s'efface pas.",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("shredded_at__isnull", True), ("erased_at__isnull", False), _connector="OR"
                ),
                name="conversation_shredded_is_erased",
                violation_error_message="Seul un contenu effacé a sa clé détruite.",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="demandée par",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="erasure_requests",
                to="messagerie.conversation",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="décidée par",
            ),
        ),
        migrations.AddField(
            model_name="erasurerequest",
            name="departement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orientation.departement",
                verbose_name="département",
            ),
        ),
        migrations.AddIndex(
            model_name="erasurerequest",
            index=models.Index(fields=["departement", "state"], name="erasure_dept_state"),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["REQUESTED", "ASKED"])),
                fields=("conversation",),
                name="erasure_one_open",
                violation_error_message="Une demande est déjà en cours pour cette conversation.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("asked_by__isnull", True),
                        ("requested_at__isnull", False),
                        ("state", "REQUESTED"),
                    ),
                    models.Q(
                        ("asked_at__isnull", False), ("asked_by__isnull", False), ("state", "ASKED")
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("state__in", ["REFUSED", "DONE"]),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="erasure_state_has_its_people",
                violation_error_message="Chaque étape a une personne et une date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "DONE"), _negated=True),
                    models.Q(
                        ("asked_by__isnull", False),
                        models.Q(("asked_by", models.F("decided_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="erasure_by_two_persons",
                violation_error_message="Une autre personne doit confirmer.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "REFUSED"), models.Q(("refusal", ""), _negated=True)),
                    models.Q(models.Q(("state", "REFUSED"), _negated=True), ("refusal", "")),
                    _connector="OR",
                ),
                name="erasure_refusal_has_reason",
                violation_error_message="Dites pourquoi la demande est refusée.",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["REQUESTED", "ASKED", "REFUSED", "DONE"]),
                    ("reason__in", ["PATIENT_ASKED", "MISTAKE", "OTHER_PERSON", "COURT", "TEST"]),
                ),
                name="erasure_values_known",
                violation_error_message="Cette valeur n'est pas dans la liste.",
            ),
        ),
    ]
