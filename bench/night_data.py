"""A night for the benches: people, agreed plans and what stands against writing to some of them, made inside the database.

Half as many people as instalments, in eight time zones; each owes two lenders and has a payment to each on the same day. One in
twenty is protected, one in ten opted out of SMS, some have hours or a pause of their own, and three in ten were written to today.
"""

import datetime as dt
from typing import Any

from django.db import connection, models

from cases.models import Case, Consent, Contact, Debt, Hold, Lender, User
from notices.models import OptOut, Preference
from repayment.models import Instalment, Offer, Plan

ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
)
LENDERS = 40
# The planner is asked at five in the morning in Beijing.
AT = dt.datetime(2027, 5, 11, 21, tzinfo=dt.UTC)
DUE = dt.date(2027, 5, 12)


def fill(due: int, *, on: dt.date = DUE, first: int = 1) -> None:
    """`due` instalments due on `on`. `first`: the number of the first person, where others are there already."""
    people = due // 2
    now = f"'{AT.isoformat(sep=' ')[:19]}'"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Loading is not what is measured: no trigger and no foreign key is asked.
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
        if first == 1:
            for number in range(1, LENDERS + 1):
                Lender.objects.get_or_create(
                    pk=number,
                    defaults={"name": f"Lender {number}", "kind": ("bank", "microloan")[number % 2]},
                )
        zones = " ".join(f"WHEN {place} THEN '{zone}'" for place, zone in enumerate(ZONES))
        person, case = f"({first} + n)", f"({2 * first} + n)"
        owner = f"({first} + n / 2)"
        lender = f"(1 + (n + n / {LENDERS}) % {LENDERS})"
        ref = (
            f"substr('0000000000000000' || {case}, -16)"
            if connection.vendor == "sqlite"
            else f"lpad(CAST({case} AS text), 16, '0')"
        )
        of_person = ref.replace(case, person)
        _insert(
            cursor,
            User,
            people,
            id=person,
            ref=of_person,
            role="'borrower'",
            timezone=f"CASE n % {len(ZONES)} {zones} END",
            phone_verified=_yes("n % 50 > 0"),
            is_active=_yes("1 = 1"),
            date_joined=now,
        )
        _insert(
            cursor,
            Case,
            due,
            id=case,
            ref=ref,
            borrower_id=owner,
            lender_id=lender,
            opened_at=now,
            changed_at=now,
        )
        _insert(
            cursor,
            Debt,
            due,
            id=case,
            ref=ref,
            borrower_id=owner,
            kind="'credit_card'",
            as_of=f"'{on}'",
            created_at=now,
        )
        _insert(
            cursor, Offer, due, id=case, ref=ref, case_id=case, debt_id=case, number="1", made_by="'borrower'",
            author_id=owner, state="'accepted'", terms_sha256=ref, made_at=now, expires_on=f"'{on}'", closed_at=now,
        )  # fmt: skip
        _insert(
            cursor, Plan, due, id=case, ref=ref, case_id=case, debt_id=case, offer_id=case, version="1",
            state="'active'", terms_sha256=ref, agreed_at=now,
        )  # fmt: skip
        _insert(
            cursor, Instalment, due, id=case, plan_id=case, number="1", due=f"'{on}'", principal="74421",
            amount="74421",
        )  # fmt: skip
        _insert(
            cursor, Consent, due, "n % 25 > 0", id=case, borrower_id=owner, lender_id=lender, purpose="'remind'",
            given_at="'2027-01-01 00:00:00'", expires_on="'2028-01-01'",
        )  # fmt: skip
        _insert(
            cursor, Preference, people, "n % 5 = 0", id=person, person_id=person, sms=_yes("n % 10 > 0"),
            email=_yes("1 = 1"), wechat=_yes("1 = 1"), discreet=_yes("1 = 1"), changed_at=now,
            hours_from="CASE n % 3 WHEN 0 THEN {} WHEN 1 THEN {} END".format(_time("10:00:00"), _time("14:00:00")),
            hours_to="CASE n % 3 WHEN 0 THEN {} WHEN 1 THEN {} END".format(_time("20:00:00"), _time("18:00:00")),
            paused_at=f"CASE n % 30 WHEN 0 THEN {_instant(now)} END",
        )  # fmt: skip
        _insert(cursor, OptOut, people, "n % 10 = 3", id=person, person_id=person, channel="'sms'", since=now)
        _insert(
            cursor, Hold, people, "n % 20 = 7", id=person, ref=of_person, borrower_id=person,
            kind="'moratorium'", since="'2027-01-01 00:00:00'",
        )  # fmt: skip
        today = f"'{(AT + dt.timedelta(hours=1)).isoformat(sep=' ')[:19]}'"
        _insert(
            cursor, Contact, due, "n % 10 < 3", id=case, ref=ref, borrower_id=owner, lender_id=lender, at=today,
            channel="'sms'", direction="'outbound'", party="'borrower'", outcome="'delivered'",
            purpose="'reminder'", recorded_at=now,
        )  # fmt: skip
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = origin")
            cursor.execute("ANALYZE")


def _insert(cursor: Any, model: type[models.Model], count: int, where: str = "1 = 1", **given: str) -> None:
    """`count` rows by one statement; columns that are not named get what Django would give them."""
    columns = {}
    for field in model._meta.concrete_fields:
        columns[field.column] = given.pop(field.column, None) or _default(field)
    assert not given, given
    names = ", ".join(f'"{name}"' for name in columns)
    typed = [
        f"CAST({value} AS {field.db_type(connection)})" if connection.vendor == "postgresql" else value
        for field, value in zip(model._meta.concrete_fields, columns.values(), strict=True)
    ]
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({names}) WITH RECURSIVE s(n) AS '
        f"(SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {count}) SELECT {', '.join(typed)} FROM s WHERE {where}"
    )


def _default(field: Any) -> str:
    if field.null:
        return "NULL"
    if isinstance(field, models.BooleanField):
        return _yes("1 = 1" if field.default is True else "1 = 0")
    if isinstance(field, models.JSONField):
        return "'{}'"
    if isinstance(field, models.IntegerField | models.ForeignKey | models.DecimalField):
        return str(field.default) if isinstance(field.default, int) else "0"
    if isinstance(field, models.DateTimeField):
        return f"'{AT.isoformat(sep=' ')[:19]}'"
    if isinstance(field, models.BinaryField):
        return "''"
    return f"'{field.default}'" if isinstance(field.default, str) else "''"


def _yes(condition: str) -> str:
    return f"({condition})"


def _time(text: str) -> str:
    return f"CAST('{text}' AS time)" if connection.vendor == "postgresql" else f"'{text}'"


def _instant(text: str) -> str:
    return f"CAST({text} AS timestamptz)" if connection.vendor == "postgresql" else text
