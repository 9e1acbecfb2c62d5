"""Retention terms, dated."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("comptes", "0005_acts_of_files_and_erasure")]

    operations = []
