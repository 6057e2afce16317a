"""A person's own evidence: handing files in, looking at them, showing them to the lender, ending that, taking all of it away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import evidence_bundle, evidence_out, naming, queries_diary, queries_evidence, verdicts
from cases.access import Permission, Role, requires
from cases.actions import evidence as actions
from cases.actions import ledger
from cases.complaint_words import category_label
from cases.custody_marks import hands_over
from cases.domain.evidence import KINDS, MOST_FILES, Group
from cases.domain.refusal import Refused
from cases.forms.evidence import EvidenceForm, ShareForm
from cases.models import Complaint, Contact, Custody, Evidence, User

# After how many seconds somebody who found no room may try again.
_MINUTE = 60

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
ICONS = {Group.PICTURE: "eye", Group.DOCUMENT: "document", Group.AUDIO: "phone", Group.VIDEO: "eye"}


def own(user: User, ref: str) -> Evidence | None:
    return queries_evidence.evidence_for(user).filter(ref=ref).first()


def own_shown(user: User, ref: str) -> Evidence | None:
    """What a download would really hand out."""
    found = own(user, ref)
    return found if found and queries_evidence.is_shown(found) else None


def own_of_page(user: User, ref: str) -> Evidence | None:
    page = queries_evidence.pages_of(queries_evidence.evidence_for(user)).filter(ref=ref).first()
    return page.evidence if page else None


@requires(Permission.FILE_KEEP)
@get_or_post
def complaint_evidence(request: HttpRequest, ref: str) -> HttpResponse:
    """The files of one complaint and of the diary entries it speaks of."""
    complaint = get_object_or_404(queries_diary.complaints_for(request.user), ref=ref)
    return _room(
        request,
        complaint,
        {
            "complaint": complaint,
            "belongs": category_label(complaint.category),
            "lender_name": naming.called(complaint.lender),
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def contact_evidence(request: HttpRequest, ref: str) -> HttpResponse:
    """The files of one diary entry."""
    contact = get_object_or_404(queries_diary.contacts_for(request.user), ref=ref)
    return _room(request, contact, {"contact": contact, "belongs": verdicts.line(contact)})


@requires(Permission.FILE_KEEP)
@require_GET
def evidence(request: HttpRequest, ref: str) -> HttpResponse:
    """One file: the view copy, who may see it, and every hand it went through."""
    kept = _own_or_404(request, ref)
    return _page(request, kept, ShareForm(drawn=KINDS[kept.kind].is_drawn))


@hands_over(Custody.Deed.VIEWED, own_of_page)
@requires(Permission.FILE_KEEP)
@require_GET
def evidence_page(request: HttpRequest, ref: str) -> HttpResponse:
    mine = queries_evidence.pages_of(queries_evidence.evidence_for(request.user))
    return evidence_out.picture(get_object_or_404(mine, ref=ref))


@hands_over(Custody.Deed.TAKEN, own_shown)
@requires(Permission.FILE_KEEP)
@require_GET
def evidence_original(request: HttpRequest, ref: str) -> HttpResponseBase:
    kept = _own_or_404(request, ref)
    answer = evidence_out.original(kept) if queries_evidence.is_shown(kept) else None
    return answer or _page(
        request, kept, ShareForm(drawn=KINDS[kept.kind].is_drawn), refused=_not_handed_out(kept), status=409
    )


@requires(Permission.FILE_KEEP)
@require_POST
def evidence_sharing(request: HttpRequest, ref: str) -> HttpResponse:
    """Show it to the lender of its complaint, or end that."""
    kept = _own_or_404(request, ref)
    complaint = queries_evidence.complaint_of(kept)
    if complaint is None:
        raise Http404
    form = ShareForm(request.POST, drawn=KINDS[kept.kind].is_drawn)
    try:
        if "end" in request.POST:
            actions.unshare(by=request.user, evidence=kept, lender=complaint.lender)
            messages.success(request, _("They no longer see it, from now on."))
            return redirect("evidence", kept.ref)
        if not form.is_valid():
            return _page(request, kept, form, status=422)
        actions.share(
            by=request.user, evidence=kept, lender=complaint.lender, scope=form.cleaned_data["scope"]
        )
    except Evidence.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _page(request, kept, form, refused=refused, status=409)
    messages.success(
        request, _("%(lender)s can see it from now on.") % {"lender": naming.called(complaint.lender)}
    )
    return redirect("evidence", kept.ref)


@requires(Permission.FILE_KEEP)
@get_or_post
def evidence_removal(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own_or_404(request, ref)
    refused = None
    if request.method == "POST":
        try:
            actions.remove(by=request.user, evidence=kept)
        except Evidence.DoesNotExist:
            raise Http404 from None
        except Refused as found:
            refused = found
        else:
            messages.success(request, _("The file is gone. Its hash and the log of hands stay."))
            name, of = _home(kept)
            return redirect(name, of)
    name, of = _home(kept)
    return render(
        request,
        "cases/evidence/removal.html",
        {"evidence": kept, "refused": refused, "home": name, "home_ref": of},
        status=409 if refused else 200,
    )


@requires(Permission.FILE_KEEP)
@require_POST
def evidence_bundle_of(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Everything of one complaint in a ZIP that anybody can check without us."""
    complaint = get_object_or_404(queries_diary.complaints_for(request.user), ref=ref)
    try:
        exported = actions.export(by=request.user, complaint=complaint)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("complaint_evidence", complaint.ref)
    pieces = evidence_bundle.stream(exported, ledger.public_key())
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    return evidence_out.download(answer, f"evidence-{complaint.ref}.zip")


def _room(request: HttpRequest, to: Complaint | Contact, context: dict[str, Any]) -> HttpResponse:
    """A list with a form under it. Files that fit are kept even when others beside them are refused."""
    form = EvidenceForm(too_large=[])
    status = 200
    if request.method == "POST":
        form = EvidenceForm(request.POST, request.FILES, too_large=getattr(request, "too_large", []))
        kept, is_busy = _hand_in(request, to, form)
        if kept:
            messages.success(
                request, ngettext("%(n)s file is kept.", "%(n)s files are kept.", kept) % {"n": kept}
            )
        if not form.errors:
            return redirect(request.path)
        status = 503 if is_busy else 422
    rows = (
        queries_evidence.evidence_of_complaint(to)
        if isinstance(to, Complaint)
        else queries_evidence.evidence_of_contact(to)
    )
    cards = [_card(each) for each in queries_evidence.with_details(rows)]
    answer = render(
        request,
        "cases/evidence/list.html",
        {
            **context,
            "form": form,
            "cards": cards,
            "left": max(0, MOST_FILES - len(cards)),
            "exportable": any(card["shown"] for card in cards) and isinstance(to, Complaint),
        },
        status=status,
    )
    if status == 503:
        answer.headers["Retry-After"] = str(_MINUTE)
    return answer


def _hand_in(request: HttpRequest, to: Complaint | Contact, form: EvidenceForm) -> tuple[int, bool]:
    """How many were kept, and whether a file found no room now; what was refused stands in the form, by name."""
    kept, is_busy = 0, False
    if not form.is_valid():
        return kept, is_busy
    files, about = form.cleaned_data["file"], form.cleaned_data["about"]
    enough = False
    for file in files:
        if enough:
            form.add_error("file", f"{_shown_name(file.name)}: {actions.worded('busy')}")
            continue
        try:
            actions.add(by=request.user, to=to, file=file.file, name=file.name or "", about=about)
        except Refused as refused:
            form.add_error("file", f"{_shown_name(file.name)}: {refused}")
            # Twenty such files in one request would hold the site for minutes.
            enough = refused.code in {"too_costly", "busy"}
            is_busy = is_busy or refused.code == "busy"
        else:
            kept += 1
    for name in form.too_large:
        form.add_error("file", f"{_shown_name(name)}: {actions.worded('too_large')}")
    return kept, is_busy


def _shown_name(name: str | None) -> str:
    """As it can be shown: without the signs that would turn or break the sentence."""
    return "".join(sign for sign in name or "" if sign.isprintable())[:80] or _("File")


def _page(
    request: HttpRequest,
    kept: Evidence,
    form: ShareForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    complaint = queries_evidence.complaint_of(kept)
    name, of = _home(kept)
    detailed = queries_evidence.with_details(queries_evidence.evidence_for(request.user)).get(pk=kept.pk)
    rows = queries_evidence.hands(kept)
    return render(
        request,
        "cases/evidence/evidence.html",
        {
            "card": _card(detailed),
            "evidence": detailed,
            "complaint": complaint if complaint and complaint.delivered_at else None,
            "lender_name": naming.called(complaint.lender) if complaint else "",
            "hands": [row for row in rows if not _own_look(row)],
            "own_looks": sum(map(_own_look, rows)),
            "chain_holds": queries_evidence.chain_holds(rows, kept.ref),
            "form": form,
            "refused": refused,
            "home": name,
            "home_ref": of,
        },
        status=status,
    )


def _card(kept: Evidence) -> dict[str, Any]:
    kind = KINDS[kept.kind]
    pages = list(kept.pages.all())
    return {
        "evidence": kept,
        "icon": ICONS[kind.group],
        "kind": kind.ending.upper(),
        "is_drawn": kind.is_drawn,
        "pages": pages,
        "more_pages": max(0, kept.pages_of - len(pages)),
        "shown": queries_evidence.is_shown(kept),
        "shares": queries_evidence.shares_of(kept),
    }


def _home(kept: Evidence) -> tuple[str, str]:
    if kept.vault.complaint:
        return "complaint_evidence", kept.vault.complaint.ref
    assert kept.vault.contact is not None
    return "contact_evidence", kept.vault.contact.ref


def _own_look(row: Custody) -> bool:
    """Each picture of one's own page is a look; they are counted, so that the looks of others stand out."""
    return row.deed == Custody.Deed.VIEWED and row.role == Role.BORROWER


def _own_or_404(request: HttpRequest, ref: str) -> Evidence:
    found = own(request.user, ref)
    if found is None:
        raise Http404
    return found


def _not_handed_out(kept: Evidence) -> Refused:
    if not queries_evidence.is_shown(kept):
        return Refused(
            "not_checked", _("This file is still being checked. It opens as soon as that is done.")
        )
    return Refused("damaged", actions.DAMAGED)
