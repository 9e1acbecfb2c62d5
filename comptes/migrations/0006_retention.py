"""Living keys by version of the master key: what its destruction asks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comptes", "0005_acts_of_files_and_erasure")]

    operations = [
        migrations.AddIndex(
            model_name="datakey",
            index=models.Index(
                condition=models.Q(("wrapped__isnull", False)),
                fields=["key_version"],
                name="data_key_living",
            ),
        ),
    ]
