"""What a person chooses about notices."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messagerie", "0004_erasure")]

    operations = []
