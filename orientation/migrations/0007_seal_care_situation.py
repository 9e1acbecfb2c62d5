"""What a patient told of their care is sealed; a SAS gets the line of its SAMU."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orientation", "0006_seal_decisions")]
    operations = [
        # Asked again at the next question rather than kept in clear.
        migrations.RunSQL("DELETE FROM orientation_caresituation", migrations.RunSQL.noop),
        migrations.RemoveField("caresituation", "medecin_traitant"),
        migrations.RemoveField("caresituation", "ald"),
        migrations.AddField(
            "caresituation",
            "sealed",
            models.BinaryField(default=b"", verbose_name="médecin traitant et ALD, chiffrés"),
            preserve_default=False,
        ),
        migrations.AddField(
            "structure",
            "samu_line",
            models.CharField(
                blank=True,
                default="",
                help_text=(
                    "Dix chiffres. Pour un SAS : ce numéro joint le SAMU du département d'ailleurs."
                ),
                max_length=20,
                verbose_name="ligne du SAMU pour les professionnels",
            ),
            preserve_default=False,
        ),
    ]
