"""Queries and time of pages and API answers, inside the process, for somebody not signed in.

    python -m benchmarks.pages [repetitions, 30 by default]

Needs a database with the territory. Every GET route without a parameter is measured, the rest is
left out; a few addresses with what people type are added.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
django.setup()

from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

TYPED = ("/api/v1/lieux/?q=13001", "/api/v1/lieux/?q=st%20denis")


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Every address without a parameter."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if "<" in route or "^" in route or "administration/" in route:
            continue
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from addresses(entry, route)


def count_queries(client: Client, address: str) -> int:
    """Queries that one answer costs."""
    seen: list[str] = []

    def note(run, sql, *rest):
        seen.append(sql)
        return run(sql, *rest)

    with connection.execute_wrapper(note):
        client.get(address)
    return len(seen)


def main(repetitions: int = 30) -> None:
    """Print one line per address that answers 200 to a GET."""
    client = Client(headers={"host": "localhost"})
    print(f"{'adresse':44}{'requêtes':>9}{'médiane':>9}{'max':>8}   (ms)")
    for address in [*sorted(set(addresses(get_resolver()))), *TYPED]:
        if client.get(address).status_code != 200:
            continue
        queries = count_queries(client, address)
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            client.get(address)
            times.append((time.perf_counter() - start) * 1000)
        print(f"{address:44}{queries:9}{statistics.median(times):9.2f}{max(times):8.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
