"""Erasure, asked by one person and confirmed by another."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messagerie", "0003_attachments")]

    operations = []
