"""The epoch: which database the numbers of lines count.

A cursor says « I have the lines up to 12 ». After a restore from a backup, 12 may be a line that
nobody has read yet. So pages hold the epoch that they were made in, and another one makes them
load again. The epoch is a digest of what no restore keeps: the database's own identity, its
timeline (a standby that takes over starts another one), and one row that `new_epoch` changes.
"""

from django.db import connection

from messagerie.models import LiveEpoch

EPOCH = f"""
SELECT left(encode(sha256(convert_to(concat_ws('/',
    (SELECT value FROM {LiveEpoch._meta.db_table}),
    (SELECT system_identifier FROM pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database())
), 'UTF8')), 'hex'), 16)
"""  # noqa: S608


def current_epoch() -> str:
    """The epoch of the database, 16 hexadecimal digits; one query."""
    with connection.cursor() as cursor:
        cursor.execute(EPOCH)
        return cursor.fetchone()[0]
