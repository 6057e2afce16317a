"""Tables whose rows are history: the database itself refuses to change or remove them.

`AppendOnly` is a migration operation. `arm`, `disarm` and `armed` exist for the tests, whose
clean-up between cases has to empty the tables.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import migrations

# table → columns that may not change; empty means none may, and the row may not go either.
GUARDED: dict[str, tuple[str, ...]] = {
    "cases_event": (),
    "cases_seal": (),
    "cases_sealedevent": (),
    "cases_complaintclock": (),
    "cases_missedclock": (),
    "cases_complaintfact": (),
    "cases_release": (),
    "cases_viewing": (),
    "cases_statement": ("lines", "available", "made_at"),
    # The number may be emptied, for erasure; what was designated may not change.
    "cases_designation": (
        "kind",
        "borrower_id",
        "lender_id",
        "channel",
        "before",
        "after",
        "days",
        "scope",
        "debt_ref",
        "since",
        "until",
        "noted_at",
    ),
    "cases_designationend": (),
    "cases_licence": (),
    "cases_mandate": (),
    "cases_mandateend": (),
    "repayment_offer": ("terms", "terms_sha256", "made_by", "debt_id", "previous_id", "number"),
    "repayment_instalment": (),
    "repayment_acceptance": (),
    "repayment_refusal": ("offer_id", "by_id", "side", "at"),
    "repayment_question": ("ref", "offer_id", "by_id", "side", "at"),
    "repayment_reply": ("question_id", "by_id", "at"),
    "repayment_approval": (
        "offer_id",
        "lender_id",
        "verb",
        "terms",
        "terms_sha256",
        "waived",
        "why",
        "requested_by_id",
        "requested_at",
        "expires_on",
    ),
    "repayment_waiver": (),
    "repayment_plan": ("terms", "allocation", "canonical", "nonce", "terms_sha256", "debt_id", "offer_id"),
    "repayment_payment": (),
    "repayment_paymentstate": (),
    "notices_decision": (),
    "notices_receipt": (),
}

# How long nobody, the operator included, can remove a row of the access log, in days of real time. The period in
# cases/rulebooks/retention.toml is never shorter; a test compares them.
VIEWING_DAYS = 3 * 365

# The only ways past a guard, both towards less and never towards something else: a budget may be emptied, for
# erasure, and a row of the access log may go when its period is over. table → verb → condition on each database.
RELEASED: dict[str, dict[str, dict[str, str]]] = {
    "cases_statement": {
        "UPDATE": {
            "sqlite": "NEW.lines = '[]' AND NEW.available = 0 AND NEW.made_at = OLD.made_at",
            "postgresql": "NEW.lines = '[]'::jsonb AND NEW.available = 0 AND NEW.made_at = OLD.made_at",
        }
    },
    "cases_viewing": {
        "DELETE": {
            "sqlite": f"julianday('now') - julianday(OLD.at) > {VIEWING_DAYS}",
            "postgresql": f"OLD.at < now() - interval '{VIEWING_DAYS} days'",
        }
    },
}

_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION steady_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END $$
"""


def _create(vendor: str, table: str, columns: Sequence[str]) -> Iterator[str]:
    of = f" OF {', '.join(columns)}" if columns else ""
    if vendor == "postgresql":
        yield _PG_FUNCTION
        for verb, scope in ((f"UPDATE{of}", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = f"{table}_no_{verb.split()[0].lower()}"
            yield (
                f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} "
                f"FOR EACH {scope}{_unless(vendor, table, verb)} EXECUTE FUNCTION steady_append_only()"
            )
    else:
        for verb in (f"UPDATE{of}", "DELETE"):
            word = verb.split()[0]
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{word.lower()} BEFORE {verb} ON {table}"
                f"{_unless(vendor, table, verb)} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {word} on {table} is refused'); END"
            )


def _unless(vendor: str, table: str, verb: str) -> str:
    """The WHEN of a trigger that lets through what RELEASED names; empty for an unconditional guard."""
    condition = RELEASED.get(table, {}).get(verb.split()[0], {}).get(vendor)
    return f" WHEN (NOT ({condition}))" if condition else ""


def _drop(vendor: str, table: str) -> Iterator[str]:
    if vendor == "postgresql":
        for verb in ("update", "delete", "truncate"):
            yield f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}"
    else:
        for verb in ("update", "delete"):
            yield f"DROP TRIGGER IF EXISTS {table}_no_{verb}"


def _run(connection: Any, statements: Iterator[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def arm(connection: Any) -> None:
    """Put every guard in place; harmless when they are."""
    for table, columns in GUARDED.items():
        _run(connection, _create(connection.vendor, table, columns))


def disarm(connection: Any) -> None:
    """Take every guard away. Only the tests' clean-up may."""
    for table in GUARDED:
        _run(connection, _drop(connection.vendor, table))


def armed(connection: Any) -> bool:
    """Whether every guarded table has its triggers."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        names = {row[0] for row in cursor.fetchall()}
    verbs = ("update", "delete", "truncate") if connection.vendor == "postgresql" else ("update", "delete")
    return all(f"{table}_no_{verb}" in names for table in GUARDED for verb in verbs)


class AppendOnly(migrations.RunPython):
    """Migration operation: guard `table` as GUARDED says."""

    def __init__(self, table: str) -> None:
        if table not in GUARDED:
            raise ValueError(f"{table} is not in cases.append_only.GUARDED.")
        self.table = table
        super().__init__(self._forwards, self._backwards, elidable=False)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], {}

    def _forwards(self, apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, self.table)
        # A column that a later migration adds cannot be guarded before it is there; that migration names the table again.
        there = {column.name for column in described}
        columns = tuple(column for column in GUARDED[self.table] if column in there)
        _run(connection, _drop(connection.vendor, self.table))
        _run(connection, _create(connection.vendor, self.table, columns))

    def _backwards(self, apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        _run(connection, _drop(connection.vendor, self.table))
