"""Publishing the tables of a month: once, and again only with a reason."""

import datetime as dt
from collections import Counter

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events
from cases.domain import taxonomy
from cases.domain.refusal import Refused
from cases.domain.suppression import Cell
from cases.models import ComplaintFact, Lender, Release, User
from portal.domain import released

# A complaint is counted when its outcome is known, at the latest when fifteen days have passed.
SETTLED_DAYS = 16


def settled_on(month: dt.date) -> dt.date:
    """The first day on which the outcome of every complaint of this month is known."""
    return next_month(month) + dt.timedelta(days=SETTLED_DAYS)


def next_month(month: dt.date) -> dt.date:
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


@transaction.atomic
def publish(*, by: User | None, month: dt.date, reason: str = "") -> Release:
    """Freeze the tables of the month that begins on this day. `by` None is the operator's command.

    The same figures again give the release that is there. Other figures need a `reason` and become a second release;
    the first one stays. Raises Refused before the month is settled, without a reason, and for a correction so small that
    the difference would show single complaints.
    """
    month = month.replace(day=1)
    if clock.today() < settled_on(month):
        raise Refused(
            "not_settled", _("The outcome of this month's complaints is not known yet."), field="month"
        )
    last = Release.objects.select_for_update().filter(month=month).order_by("-number").first()
    before = last.content(by_lender=True) if last else None
    full = _document(month, before)
    text = released.canonical(full)
    if last and last.sha256 == released.sha256(text):
        return last
    if last and not reason.strip():
        raise Refused(
            "published_already",
            _("This month was published with other figures. A correction needs a reason."),
            field="reason",
        )
    if before and released.tells_too_much(before, full):
        raise Refused(
            "too_small_a_change",
            _(
                "So few complaints were added that the difference would show single ones. Nothing was published."
            ),
        )
    open_text = released.canonical(released.without_lenders(full))
    release = Release.objects.create(
        month=month,
        number=last.number + 1 if last else 1,
        method=released.METHOD,
        document=text,
        sha256=released.sha256(text),
        open_document=open_text,
        open_sha256=released.sha256(open_text),
        made_at=clock.now(),
        replaces=last,
        reason=reason.strip() if last else "",
    )
    events.record(
        "release.published",
        by=by,
        about=release,
        month=month.isoformat(),
        number=release.number,
        sha256=release.sha256,
        open_sha256=release.open_sha256,
    )
    return release


def _document(month: dt.date, before: dict[str, object] | None) -> dict[str, object]:
    facts = ComplaintFact.objects.filter(received_on__gte=month, received_on__lt=next_month(month))
    categories: Counter[Cell] = Counter()
    outcomes: Counter[Cell] = Counter()
    known = taxonomy.load()
    for lender, category, response in facts.values_list("lender__ref", "category", "response").iterator():
        found = known.get(category)
        assert found is not None, category
        categories[found.issue.code, lender] += 1
        outcomes[response, lender] += 1
    kinds = list(Lender.Kind.values)
    lenders = sorted(
        Lender.objects.filter(complaint_facts__in=facts).distinct(),
        key=lambda lender: (kinds.index(lender.kind), lender.name),
    )
    return released.document(
        month=f"{month:%Y-%m}",
        threshold=settings.SMALL_CELL_THRESHOLD,
        columns=[
            released.Column(code=lender.ref, name=lender.name, name_en=lender.name_en, kind=lender.kind)
            for lender in lenders
        ],
        rows={
            released.BY_CATEGORY: list(dict.fromkeys(category.issue.code for category in known.categories)),
            released.BY_OUTCOME: list(ComplaintFact.Response.values),
        },
        counts={released.BY_CATEGORY: categories, released.BY_OUTCOME: outcomes},
        before=before,
    )
