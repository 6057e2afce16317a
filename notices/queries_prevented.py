"""What was prevented, over everybody: the demo's outbox page and the regulator's count by rule."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.translation import get_language

from cases.domain.refusal import Refused
from notices.actions.writing import write
from notices.domain.wording import WordingError
from notices.models import Decision, Message
from notices.queries_reasons import about, reasons_in


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One message that was not sent when it was due: the rule, its force, and the next lawful time."""

    message: Message
    at: dt.datetime
    rule: str
    force: str
    citation: str
    statement: str
    not_before: dt.datetime | None
    about: str
    words: str


def withheld_messages(limit: int = 12) -> Sequence[Withheld]:
    """The newest decisions that held a message back, over everybody: for the demo's outbox page."""
    decisions = (
        Decision.objects.exclude(verdict="allowed")
        .select_related("message__lender", "message__person")
        .order_by("-id")
    )
    language = get_language() or "en"
    found = []
    for decision in decisions[:limit]:
        for reason in reasons_in(decision.findings, decision.message.lender, decision.at.date(), language)[
            :1
        ]:
            found.append(
                Withheld(
                    message=decision.message,
                    at=decision.at,
                    rule=reason.rule,
                    force=reason.force,
                    citation=reason.citation,
                    statement=reason.statement,
                    not_before=decision.not_before,
                    about=about(decision.message.wording),
                    words=_words_of(decision.message),
                )
            )
    return found


def _words_of(message: Message) -> str:
    """What it would have said, or did say later; empty where its values cannot be worded."""
    try:
        return message.body or write(message, discreet=True).body
    except (Refused, WordingError):
        return ""


# Decisions keep their findings as one JSON list; each database opens it with its own words.
_BY_RULE = {
    "sqlite": """
        SELECT json_extract(finding.value, '$.rule') AS rule, COUNT(DISTINCT d.message_id) AS messages
        FROM notices_decision d, json_each(d.findings) AS finding
        WHERE d.verdict <> 'allowed' AND d.at >= %s
        GROUP BY 1 ORDER BY 2 DESC, 1""",
    "postgresql": """
        SELECT finding.value ->> 'rule' AS rule, COUNT(DISTINCT d.message_id) AS messages
        FROM notices_decision d, jsonb_array_elements(d.findings) AS finding(value)
        WHERE d.verdict <> 'allowed' AND d.at >= %s
        GROUP BY 1 ORDER BY 2 DESC, 1""",
}


def prevented_by_rule(
    since: dt.datetime | None = None, using: str = DEFAULT_DB_ALIAS
) -> Sequence[tuple[str, int]]:
    """How many messages each rule held back, most first. One message put off twice by a rule counts once."""
    since = since or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    connection = connections[using]
    at = Decision._meta.get_field("at").get_db_prep_value(since, connection)
    with connection.cursor() as cursor:
        cursor.execute(_BY_RULE[connection.vendor], [at])
        return [(rule, count) for rule, count in cursor.fetchall()]
