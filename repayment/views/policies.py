"""What a lender has published: what it may agree, who qualifies, and why not yet. Shown before anything is asked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases import clock, naming
from cases import queries as case_queries
from cases.access import Permission, requires
from repayment import queries, queries_eligibility, wording
from repayment.domain import second_chance
from repayment.domain.second_chance import Published


@requires(Permission.PLAN_SEND)
@require_GET
def lender_policy(request: HttpRequest, ref: str) -> HttpResponse:
    """The policy of a lender that one of the borrower's debts is with; anybody else's does not exist here."""
    mine = [each for each in naming.named(case_queries.debts_for(request.user)) if each.lender]
    here = [each for each in mine if each.lender and each.lender.ref == ref]
    if not here or here[0].lender is None:
        raise Http404
    lender = here[0].lender
    policy = queries.policy_for(lender, clock.today()) if lender.joined else None
    standings = [
        (
            each,
            [
                wording.relief_rows(standing)
                for standing in queries_eligibility.standings(
                    policy, each.debt, lender=lender, for_lender=False
                )
            ],
        )
        for each in here
        if policy is not None
    ]
    currency = here[0].debt.currency
    published = Published.from_json(policy.second_chance if policy else {})
    return render(
        request,
        "plans/policy.html",
        {"named": here[0], "policy": policy, "standings": standings, "currency": currency}
        | {
            "published": published,
            "leeway": second_chance.leeway(published, lender_type=lender.kind, on=clock.today()),
        },
    )
