"""When a month does not work out: every way on with its cost and its end, one read-back, one yes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, naming
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from repayment import queries, queries_payments, queries_second_chance
from repayment.actions import second_chance as actions
from repayment.actions.second_chance import Wait
from repayment.domain.second_chance_options import Option, Way
from repayment.models import Plan
from repayment.queries_second_chance import Chance

# Where there is a way on: an agreement that runs, or one that ended early.
_OPEN = (Plan.State.ACTIVE, Plan.State.BROKEN)
TITLES: dict[Option, Any] = {
    Option.SPREAD: gettext_lazy("Spread it over the next months"),
    Option.TO_END: gettext_lazy("Move it to the end"),
    Option.LIGHTER: gettext_lazy("Lighter months first"),
    Option.PAUSE: gettext_lazy("Pause for a while"),
}
TEXTS: dict[Option, Any] = {
    Option.SPREAD: gettext_lazy("A little more for some months, and the plan ends when it was to end."),
    Option.TO_END: gettext_lazy("The amount stays about as it was, and the plan takes longer."),
    Option.LIGHTER: gettext_lazy(
        "Less for three months. The rest is spread over the months after, and the plan takes longer."
    ),
    Option.PAUSE: gettext_lazy("Nothing to pay for some months. Their interest is paid later, in parts."),
}
WAITS: dict[Wait, Any] = {
    Wait.LENDER: gettext_lazy("The lender answers each of these itself."),
    Wait.OUTSIDE: gettext_lazy("It goes beyond what the lender has published."),
    Wait.SECOND_PERSON: gettext_lazy("The lender lets a second person look at this."),
    Wait.STATEMENT: gettext_lazy("Together with your other plans it is more than your budget allows."),
    Wait.CLAWBACK: gettext_lazy(
        "The agreement says when waived money comes back. A change would end that, so the lender decides."
    ),
    Wait.RETURNED: gettext_lazy(
        "Waived money has come back already. Taking that back is the lender’s to say."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One way as a page shows it: at once, or why the lender answers first."""

    way: Way
    title: str
    text: str
    waits: list[str]

    @property
    def saves(self) -> int:
        return max(0, -self.way.cost)


@requires(Permission.OFFER_ANSWER)
@require_GET
def second_chance(request: HttpRequest, ref: str) -> HttpResponse:
    plan = _plan(request, ref)
    if plan.state not in _OPEN:
        return redirect("agreement", ref=_newest(plan).ref)
    today = clock.today()
    chance = queries_second_chance.chance_of(plan, today)
    asked = queries_second_chance.open_offer(plan)
    ways = () if asked else queries_second_chance.ways_of(chance, today)
    return render(
        request,
        "agreements/second_chance.html",
        _context(chance)
        | {
            "ways": [_shown(chance, way) for way in ways],
            "asked": asked,
            "may_pay": plan.state in queries_payments.PAYABLE and chance.standing.overdue,
            "last_due": chance.standing.parts[-1].due if chance.standing.parts else None,
        },
    )


@requires(Permission.OFFER_ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def second_chance_way(request: HttpRequest, ref: str, option: str) -> HttpResponse:
    """One way, read back in full; the yes names the figures that were read."""
    plan = _plan(request, ref)
    if option not in TITLES:
        raise Http404
    if plan.state not in _OPEN:
        # Pressed twice: the first press has done it.
        return redirect("agreement", ref=_newest(plan).ref)
    refused = None
    if request.method == "POST":
        try:
            taken = actions.take(
                by=request.user, plan=plan, option=option, seen=request.POST.get("seen", "").replace("\0", "")
            )
        except Refused as caught:
            refused = caught
        else:
            if taken.plan is not None:
                messages.success(
                    request, _("Done: these are your new payments. The old ones no longer count.")
                )
                return redirect("agreement", ref=taken.plan.ref)
            messages.success(
                request, _("The lender is asked. Until it answers, the agreement stays as it is.")
            )
            return redirect("offer", ref=taken.offer.ref)
    today = clock.today()
    chance = queries_second_chance.chance_of(plan, today)
    asked = queries_second_chance.open_offer(plan)
    if asked:
        return redirect("offer", ref=asked.ref)
    way = next((way for way in queries_second_chance.ways_of(chance, today) if way.option == option), None)
    if way is None:
        return redirect("second_chance", ref=plan.ref)
    return render(
        request,
        "agreements/second_chance_way.html",
        _context(chance)
        | {
            "shown": _shown(chance, way),
            "schedule": way.schedule,
            "seen": actions.seal_of(way),
            "now_owed": chance.account.ledger.open,
            "hours": queries.hours_to_leave(plan.case.lender),
            "refused": refused,
        },
        status=409 if refused else 200,
    )


def _context(chance: Chance) -> dict[str, Any]:
    plan = chance.plan
    return {
        "chance": chance,
        "plan": plan,
        "lender": naming.called(plan.case.lender),
        "currency": plan.debt.currency,
    }


def _shown(chance: Chance, way: Way) -> Shown:
    return Shown(
        way=way,
        title=str(TITLES[way.option]),
        text=str(TEXTS[way.option]),
        waits=[str(WAITS[why]) for why in actions.waits_for(chance, way)],
    )


def _plan(request: HttpRequest, ref: str) -> Plan:
    return get_object_or_404(queries.plans_for(request.user), ref=ref)


def _newest(plan: Plan) -> Plan:
    """The version that took this one's place, or itself."""
    found = plan
    while following := found.replaced_by.exclude(state=Plan.State.CANCELLED).first():
        found = following
    return found
