"""A few conversations that wait, go on or have just ended, so that no screen is empty at first.

Played through the real acts. What is closed or going on is made once; the queue is filled again
at each start when it has run dry.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from comptes.models import User
from evaluation.demo.exchange import BOUCHES_DU_RHONE, Exchange, open_request
from evaluation.demo.live_requests import (
    CAMILLE_GENOU,
    CAMILLE_RHUME,
    KARIM,
    LEA,
    WAITING,
    Request,
)
from evaluation.demo.people import CAMILLE, LIVE_PATIENTS
from evaluation.demo.world import World
from messagerie.models import Conversation
from messagerie.states import State

ENOUGH_WAITING = 4


def make_live(world: World, *, now: datetime) -> int:
    """Add what is missing; the number of conversations added."""
    added = sum(1 for _ in _once(world, now))
    waiting = Conversation.objects.filter(
        departement_id=BOUCHES_DU_RHONE, state=State.WAITING
    ).count()
    if waiting < ENOUGH_WAITING:
        for place, request in enumerate(WAITING):
            opened = now - timedelta(minutes=request.minutes)
            added += _ask(world, f"waiting:{now:%Y-%m-%d}:{place}", request, opened)
    return added


def _once(world: World, now: datetime) -> Iterator[str]:
    """The conversations that are made one time: two going on, two closed ones of Camille."""
    camille = world.people[CAMILLE.email]
    lea, karim = (world.people[LIVE_PATIENTS[row.patient].email] for row in (LEA, KARIM))
    stories: tuple[tuple[str, Request, User, datetime, Callable[[Exchange], None]], ...] = (
        ("camille:rhume", CAMILLE_RHUME, camille, _morning(now, 9), _rhume),
        ("camille:genou", CAMILLE_GENOU, camille, _morning(now, 3), _genou),
        ("lea", LEA, lea, now - timedelta(minutes=34), _lea),
        ("karim", KARIM, karim, now - timedelta(minutes=52), _karim),
    )
    for name, request, patient, begins, tell in stories:
        if open_request(name, request, patient, begins):
            tell(Exchange(world, name, patient, begins))
            yield name


def _morning(now: datetime, days: int) -> datetime:
    """Ten in the morning, some days ago; on a weekday, when surgeries are open."""
    day = now.astimezone(ZoneInfo("Europe/Paris")).date() - timedelta(days=days)
    day -= timedelta(days=max(0, day.weekday() - 4))
    return datetime.combine(day, time(10), tzinfo=ZoneInfo("Europe/Paris"))


def _rhume(exchange: Exchange) -> None:
    exchange.wait(12).take().wait(1).ines_says(
        "Bonjour Camille, merci pour votre message. Avez-vous du mal à respirer quand vous montez "
        "un escalier ? Prenez-vous un traitement en ce moment ?"
    ).wait(2).patient_says("Non, je respire bien. Je ne prends rien.").ines_says(
        "Très bien. C'est le plus souvent un virus qui passe seul en dix jours."
    ).patient_says("D'accord, merci, cela me rassure.").resolve(
        "Lavez le nez matin et soir, buvez chaud, aérez la chambre et dormez un peu relevé. Si la "
        "fièvre vient ou si le souffle manque, voyez un médecin. Si cela dure plus de trois "
        "semaines, écrivez-nous de nouveau."
    )


def _genou(exchange: Exchange) -> None:
    exchange.wait(9).take().wait(1).ines_says(
        "Bonjour Camille. Le genou est-il rouge ou chaud ? Pouvez-vous plier la jambe et monter "
        "un escalier ?"
    ).wait(4).patient_says(
        "Ni rouge ni chaud. Je plie, mais cela tire. Les escaliers, doucement."
    ).ines_says(
        "Merci. Cela demande un examen, sans urgence. Comme votre médecin est absent, je vous "
        "indique une équipe près de chez vous."
    ).orient_to_cpts(
        "dans la semaine", "En attendant, marchez moins longtemps et mettez du froid le soir."
    )


def _lea(exchange: Exchange) -> None:
    exchange.wait(11).take().wait(1).ines_says(
        "Bonjour Léa, merci pour votre message. Est-ce rouge, chaud, ou est-ce que cela coule ?"
    ).wait(3).patient_says("Non, c'est sec. Juste un peu rose autour, sans fièvre.")


def _karim(exchange: Exchange) -> None:
    exchange.wait(14).take().wait(2).ines_says(
        "Bonjour. Votre père vit-il seul, et quelqu'un passe-t-il le voir chaque jour ?"
    ).wait(6).patient_says("Il vit seul. Une aide vient le matin, moi le dimanche.").ines_says(
        "Sa pharmacie peut préparer un pilulier pour la semaine. Accepterait-il qu'un infirmier "
        "passe le soir ?"
    )


def _ask(world: World, name: str, request: Request, at: datetime) -> bool:
    patient = world.people[LIVE_PATIENTS[request.patient].email]
    return open_request(name, request, patient, at)
