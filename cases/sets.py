"""Writing many rows at once, each with values of its own: one statement, where a loop would take one for every row."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router


def update_each(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of saved rows of one model as they stand in memory.

    One UPDATE from a list of values. `bulk_update` says the same with a CASE for each field and row, which takes longer to
    build and to read than all the rest of a batch.
    """
    if not rows:
        return
    meta = type(rows[0])._meta
    connection = connections[router.db_for_write(type(rows[0]))]
    own: dict[str, models.Field[Any, Any]] = {field.name: field for field in meta.concrete_fields}
    written = [meta.pk, *(own[name] for name in fields)]
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in written]
    marks = f"({', '.join(['%s'] * len(columns))})"
    given = f"WITH given ({', '.join(columns)}) AS (VALUES {', '.join([marks] * len(rows))})"
    cells = [f"given.{column}" for column in columns]
    if connection.vendor == "postgresql":
        # A list of values has no types of its own: a whole column of NULL would be text.
        cells = [
            f"CAST({cell} AS {field.db_type(connection)})" for cell, field in zip(cells, written, strict=True)
        ]
    key, *assigned = [f"{column} = {cell}" for column, cell in zip(columns, cells, strict=True)]
    table = quote(meta.db_table)
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows for field in written
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{given} UPDATE {table} SET {', '.join(assigned)} FROM given WHERE {table}.{key}", values
        )
