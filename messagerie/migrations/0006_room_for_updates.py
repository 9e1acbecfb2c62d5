"""Room on the pages of conversations: each line moves a number there.

A row is about 1 kB, of which a line changes a few bytes. On a full page the new version goes to
another one, and every index is written again; with half of the page free it stays (measured: from
70 to 99 updates of 100, and a table that no longer grows).
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messagerie", "0005_notice_choices")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE messagerie_conversation SET (fillfactor = 50)",
            "ALTER TABLE messagerie_conversation RESET (fillfactor)",
        )
    ]
