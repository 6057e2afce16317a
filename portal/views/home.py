"""A home for each role: the borrower's one next step; officers and regulators go to their desks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cases import clock
from cases.access import Permission, requires
from portal import queries
from portal.domain.next_step import next_step
from repayment.domain.terms import Terms


@requires(Permission.ACCOUNT)
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if user.may(Permission.OFFICER_SITE):
        return redirect("admin:index")
    if user.may(Permission.REPORT_READ):
        return redirect("reports")
    today = clock.today()
    facts = queries.facts_for(user)
    offers = queries.offers_to_answer(user) if facts.offers_to_answer else []
    return render(
        request,
        "home/home.html",
        {
            "today": today,
            "facts": facts,
            "step": next_step(facts),
            "offers": offers,
            "first_offer": offers[0] if offers else None,
            "currency": Terms.from_json(offers[0].terms).currency if offers else "CNY",
            "coming": queries.coming_instalments(user, today) if facts.plans else [],
            "progress": queries.progress_for(user, today) if facts.plans else None,
        },
    )
