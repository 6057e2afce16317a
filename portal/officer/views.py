"""The officer's queue, case and answers: inside the admin's frame, ending in the shared actions."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from cases import clock, queries_register, stage_words
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Case, Viewing
from notices import queries as notice_queries
from notices import queries_allowance
from notices.actions import composing
from portal.officer import negotiation, payments, queries, second_chance
from portal.officer.forms import CounterForm, RefusalForm
from portal.officer.negotiation import NoteForm
from portal.officer.pages import desk_page
from portal.officer.watch import case_of, case_of_offer, shows
from repayment import queries as repayment_queries
from repayment import wording
from repayment.actions import approvals, offers
from repayment.actions.second_person import NeedsApproval
from repayment.domain.difference import differences
from repayment.domain.terms import Terms
from repayment.models import Offer
from repayment.views import drafts

PAGE = 50
# References are read aloud and copied by hand: what looks alike in Crockford's alphabet is alike.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\0": None})


@requires(Permission.CASE_READ)
def queue(request: HttpRequest) -> HttpResponse:
    today, at = clock.today(), clock.now()
    lender = case_queries.lender_of(request.user)
    if lender is None:
        return desk_page(request, "officer/no_post.html", here="", title=_("Queue"))
    cases = queries.queue(request.user, today=today)
    wanted = request.GET.get("q", "").strip().upper().translate(_ALIKE)
    if wanted:
        # Exact only: a search that completes references would let an officer browse.
        found = cases.filter(ref=wanted).first()
        if found is not None:
            return redirect("admin:case", found.ref)
    show = request.GET.get("show", "all")
    if show not in queries.SHOWS:
        show = "all"
    page = Paginator(cases.filter(queries.SHOWS[show]), PAGE).get_page(request.GET.get("page"))
    return desk_page(
        request,
        "officer/queue.html",
        title=_("Queue"),
        groups=queries.grouped(queries.rows(request.user, list(page), at=at, today=today), today),
        page=page,
        counts=queries.counts(cases, today),
        complaints=queries.complaints_waiting(request.user, today),
        next_case=queries.first_to_answer(cases),
        show=show,
        wanted=request.GET.get("q", "").strip(),
        closed_hours=queries.closed_hours(lender, today),
        week=queries.week(lender, at),
        held_back=queries.held_back(lender, at),
    )


@shows(Viewing.Purpose.READ_CASE, case_of)
@requires(Permission.CASE_READ)
def case(request: HttpRequest, ref: str) -> HttpResponse:
    return _case_page(request, _case_or_404(request, ref))


@shows(Viewing.Purpose.ANSWER_OFFER, case_of_offer)
@requires(Permission.CASE_ANSWER)
def acceptance(request: HttpRequest, ref: str) -> HttpResponse:
    """Accept the borrower's offer. GET shows what will be agreed."""
    offer = _offer_or_404(request, ref)
    refused = None
    note = NoteForm(request.POST or None)
    why: Sequence[str] = ()
    if request.method == "POST":
        try:
            if "ask" in request.POST and note.is_valid():
                approvals.ask(by=request.user, offer=offer, note=note.cleaned_data["note"])
                messages.success(
                    request, _("It waits for a second person. The borrower sees nothing of it yet.")
                )
                return redirect("admin:case", offer.case.ref)
            offers.accept(by=request.user, offer=offer)
        except Offer.DoesNotExist:
            raise Http404 from None
        except Refused as found:
            if queries.accepted_by(request.user, offer):
                return redirect("admin:case", offer.case.ref)
            if isinstance(found, NeedsApproval):
                why = found.reasons
            elif found.field == "note":
                note.add_error("note", str(found))
                why = approvals.needed(by=request.user, offer=offer)
            elif found.code not in _MENDABLE:
                return _changed(request, offer, found)
            else:
                refused = found
        else:
            messages.success(request, _("Agreed. The borrower is told now."))
            return redirect("admin:case", offer.case.ref)
    elif not _is_to_answer(offer):
        return _changed(request, offer)
    else:
        why = approvals.needed(by=request.user, offer=offer)
    return desk_page(
        request,
        "officer/acceptance.html",
        status=422 if request.method == "POST" else 200,
        why=wording.approval_reasons(why),
        note=note,
        budget=negotiation.budget_of(offer.case.lender, offer.terms["currency"]),
        title=_("Accept this proposal"),
        offer=offer,
        sheet=queries.sheet_of(offer),
        refused=refused,
    )


@shows(Viewing.Purpose.ANSWER_OFFER, case_of_offer)
@requires(Permission.CASE_ANSWER)
def counter(request: HttpRequest, ref: str) -> HttpResponse:
    """Answer with other terms: first the totals and the difference, then the sending."""
    offer = _offer_or_404(request, ref)
    if request.method != "POST" and not _is_to_answer(offer):
        return _changed(request, offer)
    before = Terms.from_json(offer.terms)
    policy = repayment_queries.policy_for(offer.case.lender, clock.today())
    typed = drafts.typed(request)
    form = CounterForm(typed, before=before, policy=policy)
    note = NoteForm(typed)
    why: Sequence[str] = ()
    status = 200
    if request.method == "POST":
        if drafts.is_sent(request) and form.is_valid() and note.is_valid():
            answer = {"by": request.user, "offer": offer, "terms": form.terms}
            reason = form.cleaned_data["reason"]
            try:
                if "ask" in request.POST:
                    approvals.ask(**answer, reason=reason, note=note.cleaned_data["note"])
                    drafts.drop(request)
                    messages.success(
                        request, _("It waits for a second person. The borrower sees nothing of it yet.")
                    )
                    return redirect("admin:case", offer.case.ref)
                offers.counter(**answer, reason=reason)
            except Offer.DoesNotExist:
                raise Http404 from None
            except Refused as refused:
                if queries.answer_by(request.user, offer, form.terms):
                    return redirect("admin:case", offer.case.ref)
                if isinstance(refused, NeedsApproval):
                    why = refused.reasons
                elif refused.field == "note":
                    note.add_error("note", str(refused))
                elif not refused.field and refused.code not in _MENDABLE:
                    return _changed(request, offer, refused)
                else:
                    form.refuse(refused)
            else:
                drafts.drop(request)
                messages.success(request, _("Your offer is with the borrower."))
                return redirect("admin:case", offer.case.ref)
        elif not _is_to_answer(offer):
            return _changed(request, offer)
        else:
            _state_obstacles(form, offer)
            if not form.errors and not note.errors:
                return drafts.keep(request)
        status = 422
    else:
        _state_obstacles(form, offer)
    shown = form.preview is not None and not form.errors
    if shown and not why:
        why = approvals.needed(by=request.user, offer=offer, terms=form.terms)
    return desk_page(
        request,
        "officer/counter.html",
        status=status,
        title=_("Answer with another offer"),
        offer=offer,
        before=queries.sheet_of(offer),
        policy=policy,
        form=form,
        note=note,
        why=wording.approval_reasons(why),
        budget=negotiation.budget_of(offer.case.lender, before.currency),
        sheet=queries.sheet_of(offer, form.terms) if shown else None,
        differences=differences(before, form.terms) if shown else (),
    )


def _state_obstacles(form: CounterForm, offer: Offer) -> None:
    """Everything that would be refused, beside its field, before anything is sent."""
    if form.is_bound and not set(form.errors) - {"reason"}:
        for obstacle in offers.obstacles(offer=offer, terms=form.terms):
            form.refuse(obstacle)


@shows(Viewing.Purpose.ANSWER_OFFER, case_of_offer)
@requires(Permission.CASE_ANSWER)
def refusal(request: HttpRequest, ref: str) -> HttpResponse:
    """Say no, with a reason that the borrower reads."""
    offer = _offer_or_404(request, ref)
    if request.method != "POST" and not _is_to_answer(offer):
        return _changed(request, offer)
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            offers.decline(by=request.user, offer=offer, reason=form.cleaned_data["reason"])
        except Offer.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            if queries.done_by(request.user, "offer.declined", offer.ref):
                return redirect("admin:case", offer.case.ref)
            return _changed(request, offer, refused)
        messages.success(request, _("Declined. The borrower is told, with your reason."))
        return redirect("admin:case", offer.case.ref)
    return desk_page(
        request,
        "officer/refusal.html",
        status=422 if form.errors else 200,
        title=_("Decline this proposal"),
        offer=offer,
        sheet=queries.sheet_of(offer),
        form=form,
    )


@shows(Viewing.Purpose.WITHDRAW_OFFER, case_of_offer)
@requires(Permission.CASE_ANSWER)
def withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    """Take back the lender's own offer while nobody has answered it."""
    offer = _offer_or_404(request, ref)
    if request.method == "POST":
        try:
            offers.withdraw(by=request.user, offer=offer)
        except Offer.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            if queries.done_by(request.user, "offer.withdrawn", offer.ref):
                return redirect("admin:case", offer.case.ref)
            return _changed(request, offer, refused)
        messages.success(request, _("Your offer is withdrawn."))
        return redirect("admin:case", offer.case.ref)
    if offer.state != Offer.State.OPEN or offer.made_by != Offer.Side.LENDER:
        return _changed(request, offer)
    return desk_page(
        request,
        "officer/withdrawal.html",
        title=_("Withdraw your offer"),
        offer=offer,
        sheet=queries.sheet_of(offer),
    )


# What other terms, or a policy, would mend: said on the page where the officer stands.
_MENDABLE = frozenset({"outside_policy", "no_policy", "first_due_passed", "waiver_budget_spent"})


def _is_to_answer(offer: Offer) -> bool:
    """Whether this is a borrower's proposal that still waits for the lender."""
    waits = offer.state == Offer.State.OPEN and offer.made_by == Offer.Side.BORROWER
    return waits and clock.today() <= offer.expires_on


def _changed(request: HttpRequest, offer: Offer, refused: Refused | None = None) -> HttpResponse:
    """The case as it stands now, with the reason why what was asked no longer fits."""
    newest = _case_or_404(request, offer.case.ref)
    refused = refused or Refused(
        "offer_changed", _("This offer no longer waits for an answer. This is how the case stands now.")
    )
    return _case_page(request, newest, refused=refused, status=409)


def _case_or_404(request: HttpRequest, ref: str) -> Case:
    return get_object_or_404(queries.queue(request.user, today=clock.today()), ref=ref)


def _offer_or_404(request: HttpRequest, ref: str) -> Offer:
    return get_object_or_404(repayment_queries.offers_for(request.user), ref=ref)


def _case_page(
    request: HttpRequest, case: Case, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    sheets = queries.sheets(request.user, case)
    debts = queries.debts_of(request.user, case)
    allowance = queries_allowance.allowance(case.borrower, case.lender, planned=True)
    return desk_page(
        request,
        "officer/case.html",
        status=status,
        title=_("Case %(ref)s") % {"ref": case.ref},
        case=case,
        refused=refused,
        shown=queries.shown_fields(case),
        debts=debts,
        standings=[stage_words.shown(each) for each in queries_register.standings(debts, clock.today())],
        sheets=sheets,
        open_sheets=[sheet for sheet in sheets if sheet.offer.state == Offer.State.OPEN],
        plans=queries.plans_of(request.user, case),
        chances=second_chance.chances_of(request.user, case),
        accounts=payments.accounts_of(request.user, case),
        is_held=queries.is_held(case),
        allowance=allowance,
        against=queries.told(allowance),
        has_something_to_say=bool(composing.with_something_to_say(by=request.user, cases=[case])),
        queued=queries_allowance.waiting(case.borrower, case.lender).first(),
        hours=queries.hours_of(case),
        letters=queries.messages_of(case),
        replies=notice_queries.replies_for(case),
        budget=negotiation.budget_of(case.lender),
        policy=repayment_queries.policy_for(case.lender, clock.today()),
        today=clock.today(),
    )
