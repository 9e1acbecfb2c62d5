"""How long a patient's place takes to resolve, inside the process, database included.

    python -m benchmarks.resolver [number of inputs, 2000 by default]

Needs a database with the territory. Places are drawn by population with a fixed seed, and typed
as people type: mostly postal codes and plain names, some slips. Prints milliseconds.
"""

import os
import random
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
django.setup()

from orientation.models.territory import AncienneCommune, CodePostal, Commune
from orientation.place_names import plain
from orientation.resolver import resolve_patient_input

SEED = 2026
MIX = {
    "code postal": 45,
    "nom": 33,
    "nom et département": 6,
    "nom et code postal": 6,
    "ancienne commune": 4,
    "faute de frappe": 4,
    "inconnu": 2,
}


def inputs(count: int) -> list[tuple[str, str]]:
    """`count` pairs (kind, text)."""
    dice = random.Random(SEED)
    communes = list(Commune.objects.filter(kind="COM", population__gt=0).order_by("code_insee"))
    codes: dict[str, list[str]] = {}
    for commune_id, code in CodePostal.objects.order_by("pk").values_list(
        "commune_id", "code_postal"
    ):
        codes.setdefault(commune_id, []).append(code)
    former = list(AncienneCommune.objects.order_by("pk").values_list("name", flat=True))
    drawn = dice.choices(communes, [commune.population for commune in communes], k=count)
    kinds = dice.choices(list(MIX), list(MIX.values()), k=count)
    texts = []
    for kind, commune in zip(kinds, drawn, strict=True):
        name = commune.name if dice.random() < 0.4 else plain(commune.name)
        code = dice.choice(codes[commune.pk])
        at = dice.randrange(len(name))
        texts.append(
            {
                "code postal": code,
                "nom": name,
                "nom et département": f"{name} {commune.departement_id}",
                "nom et code postal": f"{code} {name}",
                "ancienne commune": dice.choice(former),
                "faute de frappe": name[:at] + name[at + 1 :],
                "inconnu": "".join(dice.choices("abcdefghijklmnop ", k=9)),
            }[kind]
        )
    return list(zip(kinds, texts, strict=True))


def main(count: int = 2000) -> float:
    """Prints the measures and returns the median, in milliseconds."""
    pairs = inputs(count)
    for _kind, text in pairs[:50]:
        resolve_patient_input(text)
    times: dict[str, list[float]] = {kind: [] for kind in MIX}
    for kind, text in pairs:
        start = time.perf_counter()
        resolve_patient_input(text)
        times[kind].append((time.perf_counter() - start) * 1000)
    everything = [value for values in times.values() for value in values]
    print(f"{'':22}{'n':>6}{'médiane':>9}{'p95':>8}{'max':>8}   (ms)")
    for kind, values in {**times, "ensemble": everything}.items():
        if len(values) > 1:
            p95 = statistics.quantiles(values, n=20)[-1]
            print(
                f"{kind:22}{len(values):6}{statistics.median(values):9.2f}{p95:8.2f}"
                f"{max(values):8.2f}"
            )
    return statistics.median(everything)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
