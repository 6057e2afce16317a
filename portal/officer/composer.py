"""The composer: an approved sentence as the borrower would get it, the gate's answer, and one button that follows it."""

import datetime as dt
from collections.abc import Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.formats import moment
from cases.models import Case, Viewing
from notices import queries as notice_queries
from notices import queries_allowance, queries_reasons
from notices.actions import composing
from notices.actions.composing import Preview
from notices.models import Message
from portal.officer import queries
from portal.officer.pages import desk_page
from portal.officer.watch import case_of, shows


@shows(Viewing.Purpose.WRITE_MESSAGE, case_of)
@requires(Permission.CASE_ANSWER)
def composer(request: HttpRequest, ref: str) -> HttpResponse:
    """GET asks the gate and writes nothing. POST queues one sentence; pressed twice, it is the same message."""
    found = get_object_or_404(queries.queue(request.user, today=clock.today()), ref=ref)
    if request.method != "POST":
        return _page(request, found)
    wording = request.POST.get("wording", "")
    if not wording:
        problem = Refused("choose", _("Choose what to send."), field="wording")
        return _page(request, found, refused=problem, status=422)
    try:
        message = composing.queue(by=request.user, case=found, wording=wording)
    except Case.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _page(request, found, refused=refused, status=409)
    if message.state in notice_queries.HELD_BACK:
        return _page(request, found, stopped=message, chosen=wording, status=409)
    messages.success(request, _said(message))
    return redirect("admin:case", found.ref)


def _said(message: Message) -> str:
    if message.state not in composing.WAITS:
        return _("This was sent today. The same sentence leaves once a day.")
    if message.due_at > clock.now():
        return _("Queued. It leaves from %(moment)s, when the rules are asked once more.") % {
            "moment": moment(message.due_at)
        }
    return _("On its way. The rules are asked once more as it leaves.")


def _page(
    request: HttpRequest,
    case: Case,
    *,
    refused: Refused | None = None,
    stopped: Message | None = None,
    chosen: str = "",
    status: int = 200,
) -> HttpResponse:
    drafts = composing.previews(by=request.user, case=case)
    ready = [draft for draft in drafts if draft.may_be_queued]
    return desk_page(
        request,
        "officer/composer.html",
        status=status,
        title=_("Send a reminder"),
        case=case,
        shown=queries.shown_fields(case),
        drafts=drafts,
        # Hours and caps are about the person and the lender: what may be queued, may be at the same moment.
        ready=ready[0] if ready else None,
        chosen=chosen or (ready[0].wording if len(ready) == 1 else ""),
        against=_reasons(drafts),
        waiting=next((draft.earlier for draft in drafts if draft.earlier), None),
        when=_when(ready[0].next) if ready and ready[0].next else {},
        is_held=queries.is_held(case),
        allowance=queries_allowance.allowance(case.borrower, case.lender, planned=True),
        refused=refused,
        stopped=stopped,
    )


def _reasons(drafts: Sequence[Preview]) -> Sequence[queries_reasons.Reason]:
    """What stands against those that have not left and are not on their way, each rule once."""
    still = [
        draft for draft in drafts if draft.earlier is None or draft.earlier.state in notice_queries.HELD_BACK
    ]
    return list({reason.rule: reason for draft in still for reason in draft.reasons}.values())


def _when(at: dt.datetime) -> dict[str, object]:
    """The gate's moment as a page says it: to the minute, with its day. The second after a full hour is that hour."""
    there = timezone.localtime(at)
    days = (there.date() - clock.today()).days
    return {
        "at": at,
        "day": {0: "today", 1: "tomorrow"}.get(days, "later"),
    }
