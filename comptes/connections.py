"""Database connections of a thread that is about to wait for something else."""

from django.db import connections


def give_back_connections() -> None:
    """Give the connections of this thread back to the pool: others need them while it waits. It
    takes them again when it asks something. Inside a transaction they stay."""
    for one in connections.all(initialized_only=True):
        if not one.in_atomic_block:
            one.close()
