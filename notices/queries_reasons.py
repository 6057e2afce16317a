"""Rules that stood against a message, in the words of whoever reads them, and what a message was about."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases.domain import conduct, rulebook
from cases.models import Lender
from notices.actions.asking import rulebook_for
from notices.domain import gate
from notices.models import Decision

STRENGTH = {force: rank for rank, force in enumerate(("LAW", "RULE", "STD", "SELF", "GUID", "PRAC"))}
_CAPS = frozenset({"cn.freq.sms_email_wechat", "house.messages", "us.freq.text"})
# What stands behind a protection is between the borrower and whoever protects; so is what others wrote, and a diary.
_GUARDED = ("hold", "moratorium", "dispute", "represented", "cease", "vulnerable", "pace")
_PRIVATE = frozenset(
    {"uk.freq", *(f"house.{kind}" for kind in _GUARDED)}
    | {rule for named in conduct.NAMED.values() for kind, rule in named.items() if kind in _GUARDED}
)
# Decisions are kept for ever, a row may find a better name.
_RENAMED = {"house.urumqi": "house.own_clock"}
_ABOUT: dict[str, Any] = {
    "reminder_due_soon": gettext_lazy("A reminder that a payment is coming"),
    "reminder_due_today": gettext_lazy("A reminder on the day of a payment"),
    "officer_answer_coming": gettext_lazy("When a proposal will be answered"),
    "officer_please_answer": gettext_lazy("A reminder that an offer waits"),
    "officer_payment_coming": gettext_lazy("A reminder that a payment is coming"),
    "offer_answered": gettext_lazy("An answer to your proposal"),
    "offer_question": gettext_lazy("A question about your proposal"),
    "question_answered": gettext_lazy("An answer to your question"),
    "offer_expired": gettext_lazy("Your proposal ran out without an answer"),
    "plan_confirmed": gettext_lazy("The confirmation of your plan"),
    "plan_replaced": gettext_lazy("Your new plan in place of the old one"),
    "plan_paused": gettext_lazy("The pause of your plan"),
    "plan_resumed": gettext_lazy("The end of a pause"),
    "plan_broken": gettext_lazy("The early end of your plan"),
    "plan_at_risk": gettext_lazy("A notice that your plan needs a look"),
    "plan_pack": gettext_lazy("The figures of your plan"),
    "complaint_answered": gettext_lazy("An answer to your complaint"),
    "payment_confirmed": gettext_lazy("The receipt of a payment"),
    "payment_questioned": gettext_lazy("A question about a payment"),
    "payment_reversed": gettext_lazy("A question about a payment"),
    "reminder_missed": gettext_lazy("A payment was not seen on its day"),
    "offer_ending": gettext_lazy("A reminder that an offer runs out"),
    "complaint_due": gettext_lazy("The day for an answer to your complaint has passed"),
    "plan_halfway": gettext_lazy("Half of a plan is paid"),
    "follow_up": gettext_lazy("Our question how it goes"),
    "inbound_balance": gettext_lazy("An answer to what you wrote back"),
    "inbound_plan": gettext_lazy("An answer to what you wrote back"),
    "inbound_stopped": gettext_lazy("Your “stop” was received"),
    "inbound_help": gettext_lazy("An answer to what you wrote back"),
}


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A rule that stood against a message, in the reader's language."""

    rule: str
    force: str
    citation: str
    statement: str
    verified: bool


def about(wording: str) -> str:
    """What kind of message a wording makes, in a few words."""
    return str(_ABOUT.get(wording, _("A message")))


def reasons_of(decisions: Iterable[Decision], lender: Lender | None, on: dt.date) -> Sequence[Reason]:
    """The rules that stood against a message in any of these decisions, each once, strongest first."""
    found = {str(finding["rule"]): finding for decision in decisions for finding in decision.findings}
    return reasons_in(found.values(), lender, on, get_language() or "en")


def reasons_of_findings(
    findings: Iterable[gate.Finding], lender: Lender | None, on: dt.date
) -> Sequence[Reason]:
    """The same of findings that nobody has kept, in the active language."""
    return reasons_in(gate.findings_as_json(findings), lender, on, get_language() or "en")


def told_to_lender(reasons: Iterable[Reason], *, own_cap: bool) -> Sequence[Reason]:
    """Those that are the lender's to know. A full day counts only where its own messages filled it (`own_cap`)."""
    return [
        reason for reason in reasons if reason.rule not in _PRIVATE and (own_cap or reason.rule not in _CAPS)
    ]


def reasons_in(
    findings: Iterable[dict[str, object]], lender: Lender | None, on: dt.date, language: str
) -> Sequence[Reason]:
    """Strongest ground first."""
    book = rulebook_for(lender)
    reasons = [reason_of(book, finding, on, language) for finding in findings]
    return sorted(reasons, key=lambda reason: STRENGTH.get(reason.force, len(STRENGTH)))


def reason_of(book: rulebook.Rulebook, finding: dict[str, object], on: dt.date, language: str) -> Reason:
    name = str(finding["rule"])
    rule = book.rule(_RENAMED.get(name, name), on)
    return Reason(
        rule=rule.id,
        force=str(rule.force),
        citation=rule.citation,
        statement=rulebook.statement(rule, language),
        verified=rule.verified,
    )
