"""Sending the chosen plan: consent first, then one offer per debt, each lender only its own part."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Case, Consent, Debt, Lender, User
from repayment import queries
from repayment.actions import instant
from repayment.actions import offers as offer_actions
from repayment.actions.waiting import settle
from repayment.domain import negotiation
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import OfferState, OfferVerb, Party
from repayment.domain.terms import Terms
from repayment.models import Choice, Offer

# What a lender may be shown, field by field. Nothing else leaves; contacts of relatives are not even recorded.
FIELDS = ("name", "debt", "share", "reason")
# Without these two there is no proposal to read.
NEEDED = ("debt", "share")
# How long a lender may look at an offer's facts, and how long after the last payment it may remind.
NEGOTIATION_DAYS = 180
AFTER_LAST_PAYMENT_DAYS = 31


@transaction.atomic
def send(*, by: User, choice: Choice, shares: Mapping[str, Sequence[str]]) -> list[Offer]:
    """Send a choice to the lenders named in `shares` (a lender's ref → the fields it may see).

    A lender that is not named gets nothing. Sending the same choice again gives the same offers. Raises
    Choice.DoesNotExist for somebody else's choice, Refused when debts or budget changed since it was made, when
    a lender is not part of it, and when nothing would be sent.
    """
    if not by.may(Permission.PLAN_SEND):
        raise Choice.DoesNotExist
    User.objects.select_for_update().get(pk=by.pk)
    choice = Choice.objects.select_for_update().get(pk=choice.pk, borrower=by)
    if choice.sent_at:
        return list(queries.offers_of(choice))
    if choice.replaced_at:
        raise Refused("choice_replaced", _("You have chosen another plan since. Please look at that one."))
    debts = unchanged_debts(by, choice)
    consents = {ref: fields for ref, fields in shares.items() if fields}
    wanted = _wanted(debts.values(), consents)

    # Debts after the person, and always in the same order.
    locked = list(
        Debt.objects.select_for_update().filter(pk__in=[debt.pk for debt, _owner in wanted]).order_by("pk")
    )
    now = clock.now()
    if not Choice.objects.filter(pk=choice.pk, sent_at__isnull=True, replaced_at__isnull=True).update(
        sent_at=now
    ):
        raise Refused("choice_replaced", _("You have chosen another plan since. Please look at that one."))
    choice.sent_at = now
    open_now = {offer.debt_id: offer for offer in _open_on(locked)}
    numbers = dict(
        Offer.objects.filter(debt__in=locked).values_list("debt").annotate(last=Max("number")).order_by()
    )
    cases: dict[int, Case] = {}
    sheets = {debt.pk: Terms.from_json(choice.per_debt[debt.ref]) for debt, _owner in wanted}
    made = []
    for debt, lender in wanted:
        terms = sheets[debt.pk]
        schedule = schedules.build(terms)
        if lender.pk not in cases:
            last_due = max(
                schedules.build(sheets[other.pk]).last_due for other, owner in wanted if owner.pk == lender.pk
            )
            cases[lender.pk] = _case(by, lender)
            _consent(cases[lender.pk], consents[lender.ref], last_due=last_due)
        answered = _make_room(open_now.get(debt.pk))
        made.append(
            offer_actions.put_forward(
                by=by,
                case=cases[lender.pk],
                debt=debt,
                terms=terms,
                schedule=schedule,
                number=numbers.get(debt.pk, 0) + 1,
                previous=answered,
                at=now,
            )
        )
    for case in cases.values():
        settle(case, otherwise="")
    instant.agree_where_published(made)
    events.record("choice.sent", by=by, about=choice, person=by, lenders=len(cases), offers=len(made))
    return made


def unchanged_debts(by: User, choice: Choice) -> dict[str, Debt]:
    """The choice's debts by ref. Raises Refused when what it was computed from is no longer so."""
    statement = case_queries.current_statement(by)
    if statement is None or statement.ref != choice.statement_ref:
        raise Refused(
            "budget_changed",
            _("Your budget has changed since you chose. Please compare the plans again; nothing was sent."),
        )
    debts = {debt.ref: debt for debt in queries.debts_to_settle(by)}
    same = (
        debts.keys() == choice.per_debt.keys()
        and queries.owner_refs(debts.values()) == choice.owners
        and all(_states(Terms.from_json(sheet), debts[ref]) for ref, sheet in choice.per_debt.items())
    )
    if not same:
        raise Refused(
            "debts_changed",
            _("Your debts have changed since you chose. Please compare the plans again; nothing was sent."),
        )
    terms = [Terms.from_json(sheet) for sheet in choice.per_debt.values()]
    if any(sheet.first_due <= clock.today() for sheet in terms):
        raise Refused(
            "dates_passed",
            _(
                "The first payment day of this plan has passed. Please compare the plans again; nothing was sent."
            ),
        )
    return debts


def _states(terms: Terms, debt: Debt) -> bool:
    """Whether the terms still say what the debt says is owed, and at what rate."""
    return (terms.principal, terms.interest, terms.fees, terms.annual_rate) == (
        debt.principal,
        debt.interest or 0,
        debt.fees or 0,
        debt.annual_rate or 0,
    )


def _wanted(debts: Iterable[Debt], consents: Mapping[str, Sequence[str]]) -> list[tuple[Debt, Lender]]:
    """The debts to send with their owners. Raises Refused for a lender or a field that is not the person's to share."""
    owners = [(debt, case_queries.owner_of(debt)) for debt in debts]
    known = {owner.ref for _debt, owner in owners if owner is not None and owner.joined}
    for ref, fields in consents.items():
        if ref not in known:
            raise Refused("unknown_lender", _("We cannot send to this lender."), field=ref)
        if not set(fields) <= set(FIELDS) or not set(NEEDED) <= set(fields):
            raise Refused(
                "fields", _("A lender needs to see the debt and the proposal to answer it."), field=ref
            )
    wanted = [(debt, owner) for debt, owner in owners if owner is not None and owner.ref in consents]
    if not wanted:
        raise Refused("nothing_to_send", _("Choose at least one lender, or keep the plan to yourself."))
    return sorted(wanted, key=lambda pair: pair[0].pk)


def _open_on(debts: list[Debt]) -> Iterable[Offer]:
    return Offer.objects.select_for_update().filter(debt__in=debts, state=Offer.State.OPEN).order_by("pk")


def _make_room(standing: Offer | None) -> Offer | None:
    """Close the open offer on a debt: one's own is replaced, the lender's is answered and returned."""
    if standing is None:
        return None
    author = Party(standing.made_by)
    verb, who = (
        (OfferVerb.COUNTER, Party.BORROWER) if author is Party.LENDER else (OfferVerb.SUPERSEDE, Party.SYSTEM)
    )
    offer_actions.close(standing, negotiation.move_offer(OfferState.OPEN, verb, who=who, author=author))
    return standing if author is Party.LENDER else None


def _case(by: User, lender: Lender) -> Case:
    now = clock.now()
    case, _made = Case.objects.get_or_create(
        borrower=by, lender=lender, defaults={"opened_at": now, "changed_at": now}
    )
    return case


def _consent(case: Case, fields: Sequence[str], *, last_due: dt.date) -> None:
    """Dated permissions to negotiate and to remind; what stood before is revoked, never edited."""
    now = clock.now()
    # A permission to handle a complaint is another matter and stands on its own.
    Consent.objects.filter(
        borrower=case.borrower,
        lender=case.lender,
        purpose__in=(Consent.Purpose.NEGOTIATE, Consent.Purpose.REMIND),
        revoked_at__isnull=True,
    ).update(revoked_at=now)
    shown = [field for field in FIELDS if field in fields]
    negotiate_until = clock.today() + dt.timedelta(days=NEGOTIATION_DAYS)
    remind_until = last_due + dt.timedelta(days=AFTER_LAST_PAYMENT_DAYS)
    Consent.objects.bulk_create(
        Consent(
            borrower=case.borrower,
            lender=case.lender,
            purpose=purpose,
            fields=shown,
            given_at=now,
            expires_on=until,
        )
        for purpose, until in (
            (Consent.Purpose.NEGOTIATE, negotiate_until),
            (Consent.Purpose.REMIND, remind_until),
        )
    )
    events.record(
        "consent.given",
        by=case.borrower,
        about=case,
        person=case.borrower,
        lender=case.lender,
        fields=shown,
        negotiate_until=negotiate_until.isoformat(),
        remind_until=remind_until.isoformat(),
    )
