"""The motive and the facts of a decision are sealed, like the conversation they come from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orientation", "0005_default_rules")]
    operations = [
        migrations.RemoveField("decision", "situation"),
        migrations.RemoveField("decision", "sentence"),
        migrations.RemoveField("decision", "trace"),
        migrations.AddField(
            "decision",
            "sealed",
            models.BinaryField(
                default=b"", verbose_name="situation, phrase et branches, chiffrées"
            ),
            preserve_default=False,
        ),
    ]
