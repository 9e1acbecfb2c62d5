"""What is measured: the product, and the reference in its variants. One web process each."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from benchmarks.messages.dialects import DIGITS, Product, Reference, number_of
from benchmarks.messages.guarantees import Guarantee
from benchmarks.reference import start as reference
from config.start.instance import programs

WRAPPED_APPLICATION = "benchmarks.messages.served:application"
# One person does not write five lines a second for long, a measure does.
NO_RATE_LIMIT = {"MESSAGE_RATE_PER_SECOND": "1000000", "MESSAGE_RATE_BURST": "1000000"}


@dataclass(frozen=True)
class Target:
    """One server to start. `dialect`: how to speak to it. `seen`: screens tell what they saw."""

    name: str
    label: str
    dialect: str
    server: str = "uvicorn"
    environment: dict[str, str] = field(default_factory=dict, compare=False)
    seen: bool = False
    wrapped: bool = False  # the product behind the bench's own door: profile, guarantees

    def command(self, port: int) -> list[str]:
        """How its web process is started: the product, as bin/run starts it."""
        if self.dialect == Reference.name:
            return reference.command(self.server, port)
        command = programs(port, Path())[0].command
        if not self.wrapped:
            return command
        return [*command, "--application", WRAPPED_APPLICATION]


PRODUCT = Target("product", "product, uvicorn", Product.name, environment=NO_RATE_LIMIT)
RECEIPTS = Target(
    "receipts", "product, each line seen", Product.name, environment=NO_RATE_LIMIT, seen=True
)
REFERENCE = Target("ref-uvicorn", "reference, uvicorn", Reference.name)
DAPHNE = Target("ref-daphne", "reference, daphne", Reference.name, server="daphne")
TUNED = Target(
    "ref-tuned",
    "reference, tuned, uvicorn",
    Reference.name,
    environment={"REFERENCE_VARIANT": "tuned"},
)


def profiled(target: Target, page: Path) -> Target:
    """The same behind the door that writes a profile to `page`."""
    more = target.environment | {"BENCH_PROFILE": str(page)}
    return Target(target.name, target.label, target.dialect, environment=more, wrapped=True)


def without(guarantee: Guarantee) -> Target:
    """The product with one guarantee switched off."""
    more = NO_RATE_LIMIT | guarantee.environment | {"BENCH_WITHOUT": guarantee.name}
    return Target(
        f"without {guarantee.name}",
        f"without {guarantee.name}",
        Product.name,
        environment=more,
        wrapped=True,
    )


def make_reference_table(run) -> None:
    """An empty table for the reference; `run(command)` runs a program in this environment."""
    run([sys.executable, "-m", "benchmarks.reference.start"])


class ProductRows:
    """The lines of one measure in the table of the product."""

    def __init__(self, measure: int) -> None:
        self._range = [f"{measure:08x}-0000-4000-8000-{digit * 12}" for digit in "0f"]

    def read(self) -> list[tuple[int, str]]:
        """(number of the line, conversation) of every row, in the order of the numbers that the
        server gave."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT client_id::text, conversation_id::text FROM messagerie_message"
                " WHERE client_id BETWEEN %s AND %s ORDER BY conversation_id, seq",
                self._range,
            )
            return [(number_of(name), key) for name, key in cursor.fetchall()]


class ReferenceRows:
    """The same for the reference, whose rows say their number at the end of their text."""

    def __init__(self, measure: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM reference_message")
            self._last = cursor.fetchone()[0]

    def read(self) -> list[tuple[int, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT content, conversation::text FROM reference_message"
                " WHERE id > %s ORDER BY id",
                [self._last],
            )
            return [(int(text[-DIGITS:]), key) for text, key in cursor.fetchall()]


ROWS = {Product.name: ProductRows, Reference.name: ReferenceRows}
