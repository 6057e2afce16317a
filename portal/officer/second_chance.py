"""What the desk sees of an agreement after its days, and its early end: only after grace, enough missed and a notice."""

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Case, User, Viewing
from portal.officer.watch import case_of_plan, shows
from repayment import queries, queries_payments, queries_second_chance
from repayment.actions import endings, second_chance
from repayment.models import Plan
from repayment.queries_second_chance import Chance


def chances_of(officer: User, case: Case) -> list[Chance]:
    """The agreements of a case that are behind or ended early. What is stopped says nothing here."""
    plans = queries.plans_for(officer).filter(case=case, state__in=(Plan.State.ACTIVE, Plan.State.BROKEN))
    accounts = queries_payments.accounts(plans)
    found = queries_second_chance.chances(accounts, clock.today())
    return [each for each in found if (each.breach and each.returned) or queries_second_chance.is_news(each)]


@shows(Viewing.Purpose.READ_CASE, case_of_plan)
@requires(Permission.CASE_ANSWER)
def ending(request: HttpRequest, ref: str) -> HttpResponse:
    """End an agreement early, or let one that ended run again; before, everything that follows with its amount."""
    plan = get_object_or_404(queries.plans_for(request.user), ref=ref)
    if plan.state not in (Plan.State.ACTIVE, Plan.State.BROKEN):
        return redirect("admin:case", plan.case.ref)
    is_broken = plan.state == Plan.State.BROKEN
    refused = None
    if request.method == "POST":
        try:
            # The page that was read says which step was meant: pressed twice, it is not undone.
            if request.POST.get("deed") == "again":
                second_chance.run_again(by=request.user, plan=plan)
                done = _("The agreement runs again. The borrower sees it.")
            else:
                second_chance.end(by=request.user, plan=plan)
                done = _("The agreement has ended. The borrower sees it, and how it can run again.")
        except Plan.DoesNotExist:
            raise Http404 from None
        except Refused as found:
            refused = found
        else:
            messages.success(request, done)
            return redirect("admin:case", plan.case.ref)
    chance, today = queries_second_chance.chance_of(plan), clock.today()
    return render(
        request,
        "officer/plan_ending.html",
        {
            **admin.site.each_context(request),
            "here": "queue",
            "title": _("Let it run again") if is_broken else _("End this agreement early"),
            "plan": plan,
            "currency": plan.debt.currency,
            "chance": chance,
            "is_broken": is_broken,
            "against": [] if is_broken else endings.against(chance, today),
            "refused": refused,
        },
        status=409 if refused else 200,
    )
