"""Attachments of conversations."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messagerie", "0002_epoch_and_files")]

    operations = []
