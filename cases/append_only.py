"""Tables whose rows are history: the database itself refuses to change or remove them.

`AppendOnly` is a migration operation. `arm`, `disarm` and `armed` exist for the tests, whose
clean-up between cases has to empty the tables.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import migrations

# table → columns that may not change; empty means none may, and the row may not go either.
GUARDED: dict[str, tuple[str, ...]] = {
    "cases_event": (),
    "cases_seal": (),
    "cases_sealedevent": (),
    "cases_sealedtree": (),
    "cases_complaintclock": (),
    "cases_missedclock": (),
    "cases_complaintfacet": ("complaint_id", "kind", "at", "until", "body"),
    "cases_courtpaper": (
        "borrower_id",
        "jurisdiction",
        "rule",
        "rulebook_version",
        "calendar",
        "received_on",
        "due_on",
        "longer_on",
        "moved",
        "recorded_at",
    ),
    "cases_complaintfact": (),
    "cases_release": (),
    "cases_viewing": (),
    "cases_custody": (),
    "cases_evidence": ("ref", "borrower_id", "vault_id", "kind", "size", "sha256", "stored", "added_at"),
    "cases_statement": ("lines", "available", "made_at", "format", "about", "confided"),
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
    "cases_keptrulebook": (),
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
        "asked_with_id",
        "requested_at",
        "expires_on",
    ),
    "repayment_askedterms": (),
    "repayment_waiver": (),
    "repayment_plan": (
        "terms",
        "allocation",
        "canonical",
        "nonce",
        "terms_sha256",
        "debt_id",
        "offer_id",
        "version",
        "replaces_id",
        "restructuring_id",
        "began_on",
    ),
    "repayment_restructuring": (),
    "repayment_variation": (),
    "repayment_suspension": (),
    "repayment_breach": (),
    "repayment_planmark": (),
    "repayment_payment": (),
    "repayment_paymentstate": (),
    "notices_asked": (),
    "notices_night": ("run", "at", "zones", "laws", "books", "terms", "count", "first", "last", "leaf"),
    "notices_decision": (),
    "notices_template": ("lender_id", "key", "number", "sheet", "sha256", "author_id", "proposed_at"),
    "notices_receipt": (),
}

# How long nobody, the operator included, can remove a row of the access log, in days of real time. The period in
# cases/rulebooks/retention.toml is never shorter; a test compares them.
VIEWING_DAYS = 3 * 365

# The only ways past a guard, both towards less and never towards something else: a budget may be emptied, for
# erasure, and a row of the access log may go when its period is over. table → verb → database → column → condition;
# all of a table's conditions must hold, each from the migration on that brings its column.
RELEASED: dict[str, dict[str, dict[str, dict[str, str]]]] = {
    "cases_statement": {
        "UPDATE": {
            "sqlite": {
                "lines": "NEW.lines = '[]'",
                "available": "NEW.available = 0",
                "made_at": "NEW.made_at = OLD.made_at",
                "format": "NEW.format = OLD.format",
                "about": "NEW.about = '{}'",
                "confided": "NEW.confided = ''",
            },
            "postgresql": {
                "lines": "NEW.lines = '[]'::jsonb",
                "available": "NEW.available = 0",
                "made_at": "NEW.made_at = OLD.made_at",
                "format": "NEW.format = OLD.format",
                "about": "NEW.about = '{}'::jsonb",
                "confided": "NEW.confided = ''",
            },
        }
    },
    "cases_viewing": {
        "DELETE": {
            "sqlite": {"at": f"julianday('now') - julianday(OLD.at) > {VIEWING_DAYS}"},
            "postgresql": {"at": f"OLD.at < now() - interval '{VIEWING_DAYS} days'"},
        }
    },
}

_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION steady_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END $$
"""


def _create(
    vendor: str, table: str, columns: Sequence[str], there: Collection[str] | None = None
) -> Iterator[str]:
    of = f" OF {', '.join(columns)}" if columns else ""
    if vendor == "postgresql":
        yield _PG_FUNCTION
        for verb, scope in ((f"UPDATE{of}", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            name = f"{table}_no_{verb.split()[0].lower()}"
            yield (
                f"CREATE OR REPLACE TRIGGER {name} BEFORE {verb} ON {table} "
                f"FOR EACH {scope}{_unless(vendor, table, verb, there)} EXECUTE FUNCTION steady_append_only()"
            )
    else:
        for verb in (f"UPDATE{of}", "DELETE"):
            word = verb.split()[0]
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{word.lower()} BEFORE {verb} ON {table}"
                f"{_unless(vendor, table, verb, there)} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: {word} on {table} is refused'); END"
            )


def _unless(vendor: str, table: str, verb: str, there: Collection[str] | None) -> str:
    """The WHEN of a trigger that lets through what RELEASED names; empty for an unconditional guard.

    `there` are the columns that exist so far; None for all.
    """
    conditions = RELEASED.get(table, {}).get(verb.split()[0], {}).get(vendor, {})
    met = " AND ".join(each for column, each in conditions.items() if there is None or column in there)
    return f" WHEN (NOT ({met}))" if met else ""


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
        _run(connection, _create(connection.vendor, self.table, columns, there))

    def _backwards(self, apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        _run(connection, _drop(connection.vendor, self.table))
