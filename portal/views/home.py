"""A home for each role: the borrower's one next step; officers and regulators go to their desks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, requires
from portal import queries, queries_ended, queries_rights
from portal.domain.next_step import next_step
from repayment import queries as repayment_queries
from repayment import queries_second_chance, wording
from repayment.domain.allocation import RowState
from repayment.domain.difference import Field, differences
from repayment.domain.terms import Terms
from repayment.models import Offer, Plan


@requires(Permission.ACCOUNT)
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if user.may(Permission.OFFICER_SITE):
        return redirect("admin:index")
    if user.may(Permission.REPORT_READ):
        return redirect("reports")
    today = clock.today()
    # Three of the questions below need the budget; it is read once.
    statement = case_queries.current_statement(user)
    facts = queries.facts_for(user, statement)
    offers = queries.offers_to_answer(user) if facts.offers_to_answer else []
    accounts = queries.accounts_of(user) if facts.plans else []
    coming = queries.coming_instalments(accounts, today)
    chances = queries_second_chance.of_person(user, accounts, today)
    is_hard = not chances and bool(queries_second_chance.signs_of(statement, accounts))
    hard_month = [each.plan for each in accounts if each.plan.state == Plan.State.ACTIVE] if is_hard else []
    # While a change waits for an answer there is no other way to choose, and none is promised.
    asked = (
        set(repayment_queries.open_offers(user).values_list("debt_id", flat=True))
        if chances or hard_month
        else set()
    )
    return render(
        request,
        "home/home.html",
        {
            "today": today,
            "facts": facts,
            "step": next_step(facts),
            "viewed": queries_rights.viewed_this_week(user),
            "offers": offers,
            "ended": queries_ended.ended_unanswered(user, today),
            "first_offer": offers[0] if offers else None,
            "monthly_change": _monthly_change(offers[0]) if offers else "",
            "coming": coming,
            "chances": chances,
            "hard_month": hard_month,
            "ways_open": any(plan.debt_id not in asked for plan in hard_month),
            "asked_debts": asked,
            "checking": sum(each.state == RowState.CHECKING for each in coming),
            "span": queries.span_of(coming, today),
            "progress": queries.progress_for(user, accounts) if accounts else None,
            "only_plan": accounts[0].plan if len(accounts) == 1 else None,
            "agreements": [account.plan for account in accounts],
        },
    )


def _monthly_change(offer: Offer) -> str:
    """How the lender's offer moves the monthly amount, in words; empty when it does not, or answers nothing."""
    if offer.previous is None:
        return ""
    ours, theirs = Terms.from_json(offer.previous.terms), Terms.from_json(offer.terms)
    monthly = next(each for each in differences(ours, theirs) if each.field is Field.MONTHLY)
    return wording.change_words(monthly, theirs.currency)
