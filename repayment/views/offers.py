"""What each lender answered, and the borrower's four answers to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, naming
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import User
from cases.naming import Named
from repayment import queries, queries_approvals, queries_payments, queries_plans, wording, wording_terms
from repayment.actions import offers as actions
from repayment.actions import walls
from repayment.actions.questions import MOST_PER_SIDE
from repayment.domain.difference import Difference, Field, differences, usual_amount
from repayment.domain.schedule import Schedule, build
from repayment.domain.terms import Terms
from repayment.forms import CounterForm, ReasonForm
from repayment.models import Acceptance, Offer, Plan
from repayment.queries_payments import Account, Row
from repayment.views import drafts, sentences

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# Answers that came too late: the page shows how things stand now instead of doing something else.
_CHANGED = {"offer_changed", "offer_withdrawn", "offer_expired", "offer_declined", "already_accepted"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one debt stands: its newest offer, and the agreement that came of it or runs beside it."""

    named: Named
    offer: Offer
    plan: Plan | None
    account: Account | None
    terms: Terms

    @property
    def schedule(self) -> Schedule:
        return build(self.terms)

    @property
    def monthly(self) -> int:
        return usual_amount(self.schedule)

    @property
    def light(self) -> Sequence[str]:
        """The lighter months that the usual amount says nothing about."""
        return wording_terms.step_lines(self.terms)

    @property
    def change(self) -> Offer | None:
        """What would take the place of the agreement, while it waits for an answer."""
        is_open = self.plan is not None and self.offer.state == Offer.State.OPEN
        return self.offer if is_open else None

    @property
    def change_monthly(self) -> int:
        return usual_amount(build(Terms.from_json(self.offer.terms)))

    @property
    def coming(self) -> Row | None:
        """The next instalment that is open; nothing falls due while an agreement is paused."""
        if self.account is None or self.account.plan.state != Plan.State.ACTIVE:
            return None
        return next((row for row in self.account.rows if row.standing.open), None)


@dataclass(frozen=True, kw_only=True)
class Affordability:
    """Minor units a month: what the budget leaves, less what others get, against what is asked."""

    available: int
    agreed: int
    asked_by_others: int
    asked: int

    @property
    def left(self) -> int:
        return self.available - self.agreed - self.asked_by_others

    @property
    def over(self) -> int:
        return self.asked - self.left


@requires(Permission.OFFER_ANSWER)
@require_GET
def offers(request: HttpRequest) -> HttpResponse:
    newest: dict[int, Offer] = {}
    for offer in queries.offers_for(request.user).select_related("refusal").order_by("debt_id", "-number"):
        newest.setdefault(offer.debt_id, offer)
    # An agreement moved on by a pause keeps its offer: the newest version stands for it.
    versions = list(queries.plans_for(request.user).order_by("version"))
    plans = {plan.offer_id: plan for plan in versions}
    # A change that is asked for, or came to nothing, leaves the agreement standing: that one is shown first.
    running = {plan.debt_id: plan for plan in versions if plan.state in queries.IN_FORCE}
    accounts = {each.plan.pk: each for each in queries_payments.accounts(running.values())} if running else {}
    standings = []
    for named in naming.named(case_queries.debts_for(request.user)):
        if found := newest.get(named.debt.pk):
            plan = running.get(named.debt.pk) or plans.get(found.pk)
            standings.append(
                Standing(
                    named=named,
                    offer=found,
                    plan=plan,
                    account=accounts.get(plan.pk) if plan else None,
                    terms=Terms.from_json(plan.terms if plan else found.terms),
                )
            )
    return render(request, "offers/list.html", {"standings": standings})


@requires(Permission.OFFER_ANSWER)
@require_GET
def offer(request: HttpRequest, ref: str) -> HttpResponse:
    found = _offer(request, ref)
    return render(request, "offers/offer.html", _page(request.user, found))


@requires(Permission.OFFER_ANSWER)
@get_or_post
def acceptance(request: HttpRequest, ref: str) -> HttpResponse:
    found = _offer(request, ref)
    if done := _agreed(request.user, found):
        return redirect("agreement", ref=done.ref)
    if request.method == "POST":
        try:
            return redirect("agreement", ref=actions.accept(by=request.user, offer=found).ref)
        except Refused as refused:
            return _refused(request, found, refused)
    return _answerable(request, found, "offers/acceptance.html")


@requires(Permission.OFFER_ANSWER)
@get_or_post
def counter(request: HttpRequest, ref: str) -> HttpResponse:
    found = _offer(request, ref)
    if answer := queries.offers_for(request.user).filter(previous=found).first():
        return redirect("offer", ref=answer.ref)
    theirs = Terms.from_json(found.terms)
    form = CounterForm(drafts.typed(request), before=theirs)
    if form.is_bound and form.is_valid():
        try:
            walls.must_lie_ahead(form.terms)
            walls.must_owe_the_same(theirs, form.terms)
            if drafts.is_sent(request):
                answer = actions.counter(
                    by=request.user, offer=found, terms=form.terms, reason=form.cleaned_data["reason"]
                )
                drafts.drop(request)
                return redirect("offer", ref=answer.ref)
            if request.method == "POST":
                return drafts.keep(request)
        except Refused as refused:
            if refused.code in _CHANGED:
                return _refused(request, found, refused)
            form.refuse(refused)
    looked = looked_at(request.user, found, form, theirs)
    status = 422 if request.method == "POST" and form.errors else 200
    return _answerable(request, found, "offers/counter.html", {"form": form, "looked": looked}, status=status)


def looked_at(user: User, offer: Offer, form: CounterForm, before: Terms) -> dict[str, Any] | None:
    """What the terms of a form come to, beside those before them; None while something is wrong with them."""
    if form.preview is None or form.errors:
        return None
    return {
        "terms": form.terms,
        "schedule": form.preview,
        "rows": wording.difference_rows(differences(before, form.terms), before.currency),
        "afford": affordability(user, offer, form.preview),
    }


@requires(Permission.OFFER_ANSWER)
@get_or_post
def refusal(request: HttpRequest, ref: str) -> HttpResponse:
    def decline(found: Offer, form: ReasonForm) -> Offer:
        return actions.decline(by=request.user, offer=found, reason=form.cleaned_data["reason"])

    return _ending(request, ref, decline, Offer.State.DECLINED, "offers/refusal.html")


@requires(Permission.OFFER_ANSWER)
@get_or_post
def withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    def withdraw(found: Offer, _form: ReasonForm) -> Offer:
        return actions.withdraw(by=request.user, offer=found)

    return _ending(request, ref, withdraw, Offer.State.WITHDRAWN, "offers/withdrawal.html")


def affordability(user: User, offer: Offer, schedule: Schedule) -> Affordability | None:
    """Whether a month bears this beside all the others; None without a budget in the same currency."""
    statement = case_queries.current_statement(user)
    currency = offer.terms["currency"]
    if statement is None or statement.currency != currency:
        return None
    others = {
        other.debt_id: build(Terms.from_json(other.terms)).highest
        for other in queries.open_offers(user)
        if other.debt_id != offer.debt_id and other.terms["currency"] == currency
    }
    agreed = queries.promised_by_debt(user, currency)
    # What these terms would replace is not paid beside them.
    agreed.pop(offer.debt_id, None)
    # Nor is a change that is asked for paid beside its agreement: the larger of the two counts, once.
    both = agreed.keys() & others.keys()
    changes = {debt for debt in both if others[debt] > agreed[debt]}
    return Affordability(
        available=statement.available,
        agreed=sum(amount for debt, amount in agreed.items() if debt not in changes),
        asked_by_others=sum(amount for debt, amount in others.items() if debt not in both - changes),
        asked=schedule.highest,
    )


def _ending(
    request: HttpRequest, ref: str, end: Callable[[Offer, ReasonForm], Offer], done: str, template: str
) -> HttpResponse:
    """A refusal or a withdrawal: a page that says what follows, then the deed, once."""
    found = _offer(request, ref)
    if found.state == done:
        return redirect("offer", ref=found.ref)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return redirect("offer", ref=end(found, form).ref)
        except Refused as refused:
            return _refused(request, found, refused)
    status = 422 if form.is_bound else 200
    return _answerable(request, found, template, {"form": form}, status=status)


def _offer(request: HttpRequest, ref: str) -> Offer:
    return get_object_or_404(queries.offers_for(request.user).select_related("previous", "refusal"), ref=ref)


def _answerable(
    request: HttpRequest, offer: Offer, template: str, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page that leads to an answer, unless the offer takes none any more."""
    if offer.state != Offer.State.OPEN or offer.expires_on < clock.today():
        return redirect("offer", ref=offer.ref)
    return render(request, template, _page(request.user, offer) | (extra or {}), status=status)


def _agreed(user: User, offer: Offer) -> Plan | None:
    """The agreement this offer became: the second press of a button ends where the first one did."""
    if offer.state != Offer.State.ACCEPTED:
        return None
    return queries.plans_for(user).filter(offer=offer).first()


def _refused(request: HttpRequest, offer: Offer, refused: Refused) -> HttpResponse:
    """Too late, or not possible: nothing was done, and the page shows what stands now."""
    newest = (
        queries.offers_for(request.user)
        .filter(debt=offer.debt_id)
        .select_related("previous")
        .latest("number")
    )
    if done := _agreed(request.user, newest):
        return redirect("agreement", ref=done.ref)
    told = None if newest.pk != offer.pk else refused
    context = _page(request.user, newest) | {"told": told}
    return render(request, "offers/changed.html", context, status=409)


def _page(user: User, offer: Offer) -> dict[str, Any]:
    terms = Terms.from_json(offer.terms)
    schedule = build(terms)
    debts = naming.named(case_queries.debts_for(user))
    # A debt taken off the list keeps its offers; it is then a list of its own.
    named = (
        next((each for each in debts if each.debt.pk == offer.debt_id), None) or naming.named([offer.debt])[0]
    )
    before = Terms.from_json(offer.previous.terms) if offer.previous else None
    found = differences(before, terms) if before else []
    theirs = offer.made_by == Offer.Side.LENDER
    running = offer.state == Offer.State.OPEN and offer.expires_on >= clock.today()
    return {
        "offer": offer,
        "named": named,
        "terms": terms,
        "schedule": schedule,
        "monthly": usual_amount(schedule),
        "currency": terms.currency,
        "theirs": theirs,
        "to_answer": running and theirs,
        "waiting": running and not theirs,
        "rows": wording.difference_rows(found, terms.currency),
        "summary": _summary(found, terms.currency),
        "afford": affordability(user, offer, schedule) if running else None,
        "sentences": sentences.six(terms, schedule, hours=queries.hours_to_leave(offer.case.lender)),
        "steps": wording.step_rows(queries_plans.steps_of_offer(offer)) if running else (),
        **_questions(user, offer, running=running),
        "by_policy": Acceptance.objects.filter(offer=offer, by__isnull=True).exists(),
        "newer": queries.offers_for(user).filter(previous=offer).first(),
        "plan": _agreed(user, offer),
    }


def _questions(user: User, offer: Offer, *, running: bool) -> dict[str, Any]:
    """What was asked about this offer and those it replaced, and whether the borrower may ask one more."""
    asked = list(queries_approvals.asked_about(user, offer))
    own = [each for each in asked if each.side == Offer.Side.BORROWER and each.offer_id == offer.pk]
    waits = any(not hasattr(question, "reply") for question in own)
    return {
        "asked": asked,
        "is_running": running,
        "may_ask": running and not waits and len(own) < MOST_PER_SIDE,
    }


def _summary(found: list[Difference], currency: str) -> str:
    """The difference in one sentence: in total, and each month."""
    by = {difference.field: difference for difference in found}
    rows = wording.difference_rows(
        [by[field] for field in (Field.TOTAL_COST, Field.MONTHLY) if field in by], currency
    )
    if len(rows) < 2:
        return ""
    total, monthly = (row.change or _("the same") for row in rows)
    return _("In total: %(total)s. Each month: %(monthly)s.") % {"total": total, "monthly": monthly}
