"""What was prevented, over everybody: the regulator's count by rule."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections

from notices.models import Message
from notices.queries_reasons import STRENGTH

# Decisions keep their findings as one JSON list; each database opens it with its own words, and reads a month in Beijing.
_OPENED = {
    "sqlite": (
        "json_each(d.findings) AS finding",
        "json_extract(finding.value, '$.{}')",
        "strftime('%%Y-%%m', {}, '+8 hours')",
    ),
    "postgresql": (
        "jsonb_array_elements(d.findings) AS finding(value)",
        "finding.value ->> '{}'",
        "to_char({} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')",
    ),
}
_BY_RULE = """
    WITH last AS (
        SELECT message_id, MAX(id) AS id FROM notices_decision WHERE verdict <> 'allowed' GROUP BY message_id
    ), named AS (
        SELECT d.message_id, {rule} AS rule,
               ROW_NUMBER() OVER (PARTITION BY d.message_id ORDER BY {rank}, {rule}) AS place
        FROM last JOIN notices_decision d ON d.id = last.id, {findings}
    )
    SELECT {month}, COALESCE(named.rule, ''), CASE WHEN m.state IN ({stopped}) THEN 1 ELSE 0 END, COUNT(*)
    FROM notices_message m
    LEFT JOIN last ON last.message_id = m.id
    LEFT JOIN named ON named.message_id = m.id AND named.place = 1
    WHERE COALESCE(m.sent_at, m.due_at) >= %s AND (last.id IS NOT NULL OR m.state = 'withheld')
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
# A message that a rule held and that never left; any other that a rule held was put off, and left or may leave.
STOPPED = (Message.State.WITHHELD, Message.State.EXPIRED)


@dataclass(frozen=True, kw_only=True)
class Held:
    """So many messages that left or were due in a month (2027-05, in Beijing), that one rule held; `stopped` for good."""

    month: str
    rule: str
    stopped: bool
    messages: int


def held_by_rule(since: dt.datetime | None = None, using: str = DEFAULT_DB_ALIAS) -> Sequence[Held]:
    """What the rules held of the messages that left or were due `since` then.

    Each message counts once, however often it was put off and however many rules held it: under the strongest rule of
    the last time. So the counts add up to the messages held. The rule is empty where none was written down.
    """
    since = since or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    connection = connections[using]
    findings, field, month = _OPENED[connection.vendor]
    force = field.format("force")
    ranks = " ".join(f"WHEN '{force}' THEN {rank}" for force, rank in STRENGTH.items())
    query = _BY_RULE.format(
        findings=findings,
        month=month.format("COALESCE(m.sent_at, m.due_at)"),
        rule=field.format("rule"),
        rank=f"CASE {force} {ranks} ELSE {len(STRENGTH)} END",
        stopped=", ".join(f"'{state}'" for state in STOPPED),
    )
    at = Message._meta.get_field("due_at").get_db_prep_value(since, connection)
    with connection.cursor() as cursor:
        cursor.execute(query, [at])
        return [
            Held(month=month, rule=rule, stopped=bool(stopped), messages=count)
            for month, rule, stopped, count in cursor.fetchall()
        ]
