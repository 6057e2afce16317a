"""What each person may read. Every face starts here; outside the scope there is nothing to find."""

import datetime as dt

from django.db.models import Prefetch, Q, QuerySet

from cases import clock
from cases.access import Permission
from cases.models import Case, Consent, Debt, DebtParty, Event, Hold, Lender, Post, Statement, User


def lender_of(user: User) -> Lender | None:
    """The lender an officer speaks for today; None for everyone else."""
    if not user.may(Permission.CASE_READ):
        return None
    today = clock.today()
    if user.lender_read and today in user.lender_read:
        return user.lender_read[today]
    # Asked of the officer's own posts: conditions chained over the lender's would each find anybody's post.
    post = (
        Post.objects.filter(officer=user, since__lte=today)
        .filter(Q(until__isnull=True) | Q(until__gte=today))
        .select_related("lender")
        .order_by("-since", "-pk")
        .first()
    )
    lender = post.lender if post else None
    if user.lender_read is not None:
        user.lender_read[today] = lender
    return lender


def debts_for(user: User) -> QuerySet[Debt]:
    """A borrower's own debts; for an officer the debts its lender owns and the borrower has shown it."""
    debts = Debt.objects.filter(removed_at__isnull=True).prefetch_related(
        Prefetch(
            "parties",
            DebtParty.objects.filter(until__isnull=True).select_related("lender"),
            to_attr="standing",
        )
    )
    if user.may(Permission.FILE_KEEP):
        return debts.filter(borrower=user)
    lender = lender_of(user)
    if lender is None:
        return debts.none()
    shown = standing_consents().filter(lender=lender, purpose=Consent.Purpose.NEGOTIATE)
    return debts.filter(
        parties__lender=lender,
        parties__until__isnull=True,
        parties__role=DebtParty.Role.OWNER,
        borrower__in=shown.values("borrower"),
    )


def parties_of(debt: Debt) -> list[DebtParty]:
    """Who owns, services and collects the debt today; of a debt from `debts_for` without a query."""
    parties: list[DebtParty] | None = getattr(debt, "standing", None)
    if parties is None:
        parties = list(debt.parties.filter(until__isnull=True).select_related("lender"))
    return parties


def owner_of(debt: Debt) -> Lender | None:
    """The lender that owns the debt today."""
    return next((party.lender for party in parties_of(debt) if party.role == DebtParty.Role.OWNER), None)


def creditors_of(user: User) -> list[Lender]:
    """The institutions a borrower's debts are with today, each once, in the order of the list of debts."""
    found: dict[int, Lender] = {}
    for debt in debts_for(user):
        for party in parties_of(debt):
            found.setdefault(party.lender_id, party.lender)
    return list(found.values())


def cases_for(user: User) -> QuerySet[Case]:
    """A borrower's cases, or the cases of an officer's lender that still rest on a consent or an agreement."""
    cases = Case.objects.select_related("borrower", "lender")
    if user.may(Permission.FILE_KEEP):
        return cases.filter(borrower=user)
    lender = lender_of(user)
    return cases.filter(lender=lender) if lender else cases.none()


def standing_consents(on: dt.date | None = None) -> QuerySet[Consent]:
    """Consents that hold on a day: given, not revoked, not expired."""
    return Consent.objects.filter(revoked_at__isnull=True, expires_on__gte=on or clock.today())


def consents_for(user: User) -> QuerySet[Consent]:
    return standing_consents().filter(borrower=user).select_related("lender")


def current_statement(user: User) -> Statement | None:
    return Statement.objects.filter(borrower=user, replaced_at__isnull=True).first()


def lenders() -> QuerySet[Lender]:
    """The list a borrower picks from."""
    return Lender.objects.order_by("name")


def holds_standing(at: dt.datetime | None = None) -> QuerySet[Hold]:
    """Everybody's protections in force at an instant; now unless said otherwise. A legal hold protects no one."""
    instant = at or clock.now()
    standing = Q(until__isnull=True) | Q(until__gt=instant)
    return Hold.objects.exclude(kind=Hold.Kind.LEGAL).filter(standing, since__lte=instant)


def standing_holds(person: User, at: dt.datetime | None = None) -> QuerySet[Hold]:
    """One person's holds in force."""
    return holds_standing(at).filter(borrower=person)


def events_about(ref: str) -> QuerySet[Event]:
    return Event.objects.filter(about_ref=ref)
