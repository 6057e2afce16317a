"""The stages of a debt in words, for both sides, and what a lender may and may not do: practice said as practice."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language, gettext_lazy

from cases.domain import rulebook
from cases.domain.stages import Stage
from cases.queries_register import Standing

STAGES = {
    Stage.M0: gettext_lazy("Not overdue"),
    Stage.M1: gettext_lazy("1 to 30 days overdue"),
    Stage.M2: gettext_lazy("31 to 60 days overdue"),
    Stage.M3: gettext_lazy("61 to 90 days overdue"),
    Stage.M3_PLUS: gettext_lazy("More than 90 days overdue"),
}
TASKS = {
    "remind": gettext_lazy("Remind you of the day that is coming"),
    "call_and_write": gettext_lazy("Call and write to you, within the limits"),
    "entrust_listed": gettext_lazy("Entrust a company that stands on its published list"),
    "visit": gettext_lazy("Visit you, announced and with proof of who they are"),
    "court": gettext_lazy("Go to court; then papers come from the court itself, not by telephone"),
    "agree_plan": gettext_lazy("Agree a plan with you, at any stage"),
    "not_at_night": gettext_lazy("Contact you at night"),
    "not_others": gettext_lazy("Ask your family, friends or employer for the money, or tell them of it"),
    "not_in_public": gettext_lazy("Shame you in public or in groups"),
    "not_pester": gettext_lazy("Disturb your peace by pestering, insults or threats"),
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One line of what is allowed or not; `grounds` are (force, citation, statement) of the rules that say so."""

    words: str
    grounds: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A standing as a page shows it."""

    standing: Standing
    stage: str
    may: Sequence[Task]
    may_not: Sequence[Task]


def shown(standing: Standing) -> Shown:
    tasks = [
        (
            task.allowed,
            Task(
                words=str(TASKS[task.code]),
                grounds=[
                    (str(rule.force), rule.citation, rulebook.statement(rule, get_language() or "en"))
                    for rule in task.rules
                ],
            ),
        )
        for task in standing.tasks
    ]
    return Shown(
        standing=standing,
        stage=str(STAGES[standing.stage]) if standing.stage else "",
        may=[task for allowed, task in tasks if allowed],
        may_not=[task for allowed, task in tasks if not allowed],
    )
