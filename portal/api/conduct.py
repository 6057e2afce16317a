"""Contacts under the public contract: were they allowed, may one be made. Findings come with a sentence for people."""

from typing import Any

from cases import verdicts
from cases.domain import wire
from cases.domain.conduct import Finding
from cases.domain.conduct_question import PROPOSED, Question, used_from
from cases.domain.conduct_windows import Answer
from portal.api.desk import endpoint


def check(sheet: wire.Reader) -> dict[str, Any]:
    """Were these contacts allowed?"""
    question = Question.read(sheet)
    if question is None:
        return {}
    book, found = question.book, question.findings()
    return {
        "rulebook": {
            "id": book.id,
            "version": book.version,
            "effective_from": used_from(book, [finding for _, finding in found]).isoformat(),
        },
        "findings": [_finding(question, name, finding) for name, finding in found],
    }


def window(sheet: wire.Reader) -> dict[str, Any]:
    """May this contact be made, and if not, when?"""
    question = Question.read(sheet, window=True)
    if question is None:
        return {}
    asked = question.window()
    not_before = asked.not_before and asked.not_before.isoformat()
    return {
        "verdict": str(asked.answer),
        "not_before": question.proposed_at if asked.answer is Answer.ALLOWED else not_before,
        "findings": [_finding(question, PROPOSED, finding) for finding in asked.findings],
    }


def _finding(question: Question, name: str, finding: Finding) -> dict[str, Any]:
    return {
        "contact": name,
        "rule": finding.rule,
        "verdict": str(finding.verdict),
        "force": str(finding.force),
        "citation": finding.citation,
        "verified": finding.verified,
        "because": dict(finding.because),
        "text": verdicts.text(question.book, finding),
    }


conduct_checks, contact_windows = endpoint(check), endpoint(window)
