"""The epoch of the lines, and files as a kind of line."""

import uuid

from django.db import migrations, models


def first_epoch(apps, schema_editor):
    apps.get_model("messagerie", "LiveEpoch").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [
        ("messagerie", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("TEXT", "message"),
                    ("ORIENTATION", "orientation"),
                    ("CLOSING", "conclusion"),
                    ("WORSENING", "aggravation déclarée"),
                    ("EMERGENCY", "transmission au 15"),
                    ("FILE", "fichier joint"),
                    ("EVENT", "information du service"),
                ],
                default="TEXT",
                max_length=12,
                verbose_name="nature",
            ),
        ),
        migrations.CreateModel(
            name="LiveEpoch",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("value", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "verbose_name": "époque",
                "verbose_name_plural": "époque",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="live_epoch_one_row")
                ],
            },
        ),
        migrations.RunPython(first_epoch, migrations.RunPython.noop),
    ]
