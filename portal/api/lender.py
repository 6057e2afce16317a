"""The lender API: what is owed and what was paid comes in, proposals are read and answered, and nothing is missed.

Each is a face of the action that the officers' pages call, in the name of the lender's system, which goes as far as an
officer does: policy, limits, second person and waiver budget are theirs. What a borrower has not shown this lender does
not exist here; names are not given to programs, an officer who opens the case sees one, and the borrower sees that.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from cases import queries_lender_api
from cases.actions import claims
from cases.actions.claims import Refusals
from cases.domain import claim_lines, wire
from cases.domain.refusal import Refused
from cases.models import Consent, LenderToken
from portal.api.lender_desk import Answer, Asked, LenderProblem, endpoint, invalid, refusal
from repayment import queries
from repayment.actions import approvals, importing
from repayment.actions import offers as offer_actions
from repayment.actions.second_person import NeedsApproval
from repayment.domain import paid_lines
from repayment.domain import schedule as schedules
from repayment.domain.terms import Terms
from repayment.models import Offer

MOST_LINES = 500
MOST_A_PAGE = 200
_CURSOR = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)
Scope = LenderToken.Scope


class Word(StrEnum):
    ACCEPT = "accept"
    COUNTER = "counter"
    DECLINE = "decline"


# ── what comes in ────────────────────────────────────────────────────────────────────────────
@endpoint("POST", Scope.DEBTS, key_needed=True)
def debts(asked: Asked) -> Answer:
    """What the lender says is owed, all lines or none; borrowers see it beside their own record."""
    lines = _lines(asked.sheet, "debts", claim_lines.read)
    said = _at("debts", lambda: claims.say(by=asked.by, lines=lines))
    return 201, {
        "debts": [{"ref": one.claim.ref, "account": one.claim.account, "known": one.known} for one in said]
    }


@endpoint("POST", Scope.PAYMENTS, key_needed=True)
def payments(asked: Asked) -> Answer:
    """What arrived, all lines or none; each is confirmed at once, or is the word on a borrower's note."""
    lines = _lines(asked.sheet, "payments", paid_lines.read)
    taken = _at("payments", lambda: importing.take(by=asked.by, lines=lines))
    return 201, {
        "payments": [
            {"ref": one.payment.ref, "reference": line.reference, "outcome": one.outcome}
            for line, one in zip(lines, taken, strict=True)
        ]
    }


def _lines(sheet: wire.Reader, name: str, read: Callable[[wire.Reader], Any]) -> list[Any]:
    sheet.only(name)
    lines = [read(one) for one in sheet.each(name, MOST_LINES)]
    if not lines and not sheet.problems:
        sheet.wrong(name, "nothing_here")
    if sheet.problems:
        raise invalid(sheet.problems)
    return lines


def _at(name: str, do: Callable[[], Any]) -> Any:
    """Refused lines are named by their place in the list."""
    try:
        return do()
    except Refusals as refusals:
        errors = [
            (f"/{name}/{place}/{refused.field}".rstrip("/"), str(refused))
            for place, refused in refusals.found
        ]
        raise LenderProblem(422, refusals.code, refusals.message, errors) from None


# ── proposals ────────────────────────────────────────────────────────────────────────────────
@endpoint("GET", Scope.OFFERS)
def offers(asked: Asked) -> Answer:
    """Term sheets between this lender and borrowers who show it their part, oldest first."""
    query, most = _page(asked, "state", "after")
    found: QuerySet[Offer] = queries.offers_for(asked.by).select_related("previous").order_by("pk")
    if state := query.get("state"):
        if state not in Offer.State.values:
            raise _wrong("state", "not_a_choice", choices=", ".join(Offer.State.values))
        found = found.filter(state=state)
    if after := query.get("after"):
        last = queries.offers_for(asked.by).filter(ref=after).values_list("pk", flat=True).first()
        if last is None:
            raise _nothing()
        found = found.filter(pk__gt=last)
    rows = list(found[: most + 1])
    shown = dict(
        Consent.objects.filter(
            lender=asked.lender, purpose=Consent.Purpose.NEGOTIATE, revoked_at=None
        ).values_list("borrower", "fields")
    )
    return 200, {
        "offers": [_offer(row, shown.get(row.case.borrower_id, [])) for row in rows[:most]],
        "next": rows[most - 1].ref if len(rows) > most else None,
    }


def _offer(offer: Offer, shown: list[str]) -> dict[str, Any]:
    terms = Terms.from_json(offer.terms)
    # The borrower's words are a field that is shown or not; a lender's own were its to begin with.
    heard = offer.made_by == Offer.Side.LENDER or "reason" in shown
    return {
        "ref": offer.ref,
        "case": offer.case.ref,
        "debt": offer.debt.ref,
        "number": offer.number,
        "previous": offer.previous.ref if offer.previous else None,
        "made_by": offer.made_by,
        "state": offer.state,
        "made_at": offer.made_at.isoformat(),
        "expires_on": offer.expires_on.isoformat(),
        "closed_at": offer.closed_at.isoformat() if offer.closed_at else None,
        "reason": offer.reason if heard else "",
        "terms": offer.terms,
        "terms_sha256": offer.terms_sha256,
        **schedules.build(terms).to_json(terms.currency),
    }


@endpoint("POST", Scope.ANSWER)
def answer(asked: Asked) -> Answer:
    """Accept, counter or decline one open offer; 202 when it waits for a second person of the lender."""
    offer = queries.offers_for(asked.by).filter(ref=asked.parts["ref"]).first()
    if offer is None:
        raise _nothing()
    sheet = asked.sheet
    sheet.only("answer", "terms", "reason", "note")
    word = sheet.take("answer", wire.choice(Word))
    reason, note = sheet.given("reason", wire.text, ""), sheet.given("note", wire.text, "")
    terms = None
    if word is Word.COUNTER:
        if "terms" not in sheet:
            sheet.wrong("terms", "required")
        else:
            try:
                terms = Terms.read(sheet.inner("terms"), agreement=True)
            except Refused as refused:
                raise refusal(refused, "terms/") from None
    elif "terms" in sheet:
        sheet.wrong("terms", "terms_not_asked")
    if sheet.problems or word is None:
        raise invalid(sheet.problems)
    try:
        return _answered(asked, offer, word, terms, reason, note)
    except Offer.DoesNotExist:
        raise _nothing() from None
    except Refused as refused:
        ours = refused.field in {"reason", "note"}
        raise refusal(refused, "terms/" if word is Word.COUNTER and not ours else "") from None


def _answered(asked: Asked, offer: Offer, word: Word, terms: Terms | None, reason: str, note: str) -> Answer:
    if word is Word.DECLINE:
        offer_actions.decline(by=asked.by, offer=offer, reason=reason)
        return 200, {"state": "declined"}
    try:
        if terms is None:
            plan = offer_actions.accept(by=asked.by, offer=offer)
            return 200, {"state": "accepted", "plan": plan.ref, "terms_sha256": plan.terms_sha256}
        made = offer_actions.counter(by=asked.by, offer=offer, terms=terms, reason=reason)
        return 200, {"state": "countered", "offer": made.ref, "terms_sha256": made.terms_sha256}
    except NeedsApproval:
        approval = approvals.ask(
            by=asked.by, offer=offer, terms=terms, reason=reason, note=note, key=asked.token
        )
        return 202, {"state": "waiting", "approval": approval.ref, "why": approval.why}


# ── what happened ────────────────────────────────────────────────────────────────────────────
@endpoint("GET", Scope.EVENTS)
def events(asked: Asked) -> Answer:
    """What happened, in an order in which nothing is put in later: read on from `next` and nothing is missed."""
    query, most = _page(asked, "after")
    after = (0, -1)
    if given := query.get("after"):
        cursor = _CURSOR.fullmatch(given)
        if cursor is None:
            raise _wrong("after", "not_a_cursor")
        after = (int(cursor[1]), int(cursor[2]))
    found = queries_lender_api.events_after(asked.lender, after, most + 1)
    shown = found[:most]
    return 200, {
        "events": [
            {
                "cursor": one.cursor,
                "at": one.at.isoformat(),
                "kind": one.kind,
                "about": one.about,
                "case": one.case,
                "by": one.by,
                "data": one.data,
            }
            for one in shown
        ],
        "next": shown[-1].cursor if shown else query.get("after", ""),
        "more": len(found) > most,
    }


# ── shared ───────────────────────────────────────────────────────────────────────────────────
def _page(asked: Asked, *names: str) -> tuple[dict[str, str], int]:
    """The query, with nothing unknown in it, and how many rows a page has."""
    query = dict(asked.query)
    for name in query:
        if name not in (*names, "limit"):
            raise _wrong(name, "unknown_field")
    limit = query.pop("limit", str(MOST_A_PAGE))
    if not re.fullmatch(r"\d{1,3}", limit, re.ASCII) or not 1 <= int(limit) <= MOST_A_PAGE:
        raise _wrong("limit", "out_of_range", least=1, most=MOST_A_PAGE)
    return query, int(limit)


def _wrong(name: str, code: str, **words: object) -> LenderProblem:
    """Something in the address: there is no body to point into, so the pointer is the parameter's name."""
    return invalid([wire.Problem(at=name, code=code, words=words)])


def _nothing() -> LenderProblem:
    return LenderProblem(404, "not_found", LenderProblem.kinds[404][1])
