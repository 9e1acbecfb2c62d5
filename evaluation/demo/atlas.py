"""What the acts read of the territory, read once for a whole history. Never shared by requests."""

from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from orientation import engine
from orientation.engine import Facts, Proposed
from orientation.models import Commune, Departement, Opening, RuleSet, Structure
from orientation.openings import (
    ServiceStatus,
    is_holiday,
    local_day,
    opening_for,
    service_status,
)
from orientation.rules import Directory, MedecinTraitant, RuleSpec, Situation, propose
from orientation.structures import cpts_of


class Atlas:
    """Answers as the functions of `orientation` do, remembering each answer.

    Kept by commune, or by department and day: structures and rules of the past no longer move.
    """

    def __init__(self) -> None:
        self._communes: dict[str, Commune] = {}
        self._openings: dict[tuple[str, date], Opening | None] = {}
        self._hours: dict[int, Opening] = {}
        self._rules: dict[tuple[str, date], tuple[RuleSet | None, tuple[RuleSpec, ...]]] = {}
        self._directories: dict[str, Directory] = {}
        self._choices: dict[str, list[Structure]] = {}
        self._cpts: dict[str, Structure | None] = {}

    @cached_property
    def departements(self) -> dict[str, Departement]:
        return {row.code: row for row in Departement.objects.select_related("region")}

    @cached_property
    def structures(self) -> dict[int, Structure]:
        return {row.pk: row for row in Structure.objects.all()}

    def commune(self, code: str) -> Commune:
        if code not in self._communes:
            self._communes[code] = Commune.objects.get(pk=code)
        return self._communes[code]

    def day(self, departement: str, at: datetime) -> date:
        """The date of an instant on the calendar of the territory."""
        return local_day(self.departements[departement], at)

    def cpts(self, code: str, day: date) -> Structure | None:
        if code not in self._cpts:
            self._cpts[code] = cpts_of(self.commune(code), day)
        return self._cpts[code]

    def opening(self, departement: str, at: datetime) -> Opening | None:
        """The opening in force at an instant, its service hours read with it."""
        key = (departement, self.day(departement, at))
        if key not in self._openings:
            found = opening_for(self.departements[departement], key[1])
            self._openings[key] = None if found is None else self._with_hours(found)
        return self._openings[key]

    def _with_hours(self, opening: Opening) -> Opening:
        if opening.pk not in self._hours:
            whole = Opening.objects.prefetch_related("service_hours").get(pk=opening.pk)
            self._hours[opening.pk] = whole
        return self._hours[opening.pk]

    def status(self, departement: str, at: datetime) -> ServiceStatus | None:
        opening = self.opening(departement, at)
        return opening and service_status(opening, self.departements[departement], at)

    def rules(self, departement: str, at: datetime) -> tuple[RuleSet | None, tuple[RuleSpec, ...]]:
        key = (departement, at.date())
        if key not in self._rules:
            found = engine.rule_set_in_force(self.departements[departement], at)
            self._rules[key] = (found, engine.rules_of(found))
        return self._rules[key]

    def version(self, departement: str, at: datetime) -> str:
        return engine.version_label(self.rules(departement, at)[0])

    def choices(self, code: str, at: datetime) -> list[Structure]:
        if code not in self._choices:
            self._choices[code] = engine.choices_for(self.commune(code), at)
        return self._choices[code]

    def _directory(self, commune: Commune, departement: Departement, at: datetime) -> Directory:
        if commune.pk not in self._directories:
            self._directories[commune.pk] = engine.directory_of(commune, departement, at)
        return self._directories[commune.pk]

    def propose_for(self, facts: Facts) -> Proposed:
        """`engine.propose_for`, from what is remembered."""
        departement = self.departements[facts.commune.departement_id]
        rule_set, rules = self.rules(departement.code, facts.decided_at)
        local = facts.decided_at.astimezone(ZoneInfo(departement.time_zone))
        opening = self.opening(departement.code, facts.decided_at)
        situation = Situation(
            commune_code=facts.commune.pk,
            departement_code=departement.pk,
            asked_at=facts.asked_at,
            local_time=local,
            medecin_traitant=MedecinTraitant(facts.medecin_traitant),
            medecin_traitant_reachable=facts.medecin_traitant_reachable,
            ald=facts.ald,
            age=facts.age,
            motive=facts.motive,
            declared_signs=facts.declared_signs,
            sign_number=facts.sign_number,
            public_holiday=is_holiday(departement, local.date()),
            within_service_hours=bool(
                opening and service_status(opening, departement, facts.decided_at).open_now
            ),
        )
        return Proposed(
            situation=situation,
            proposal=propose(
                situation,
                rules,
                self._directory(facts.commune, departement, facts.decided_at),
                engine.version_label(rule_set),
            ),
            rule_set=rule_set,
            departement=departement,
        )
