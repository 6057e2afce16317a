"""Is this "debt helper" a scam? Signs in a pasted text for anyone: nothing of it is kept. And a word to the register, without accusing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import limits
from cases.access import public
from cases.actions import helpers
from cases.domain import scam
from cases.domain.quoting import quoted
from portal.api.scam import advice
from portal.forms.scam import HelperReportForm, ScamForm

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
_AN_HOUR = {"most": 10, "seconds": 3600}


@public
@get_or_post
def scam_check(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "tools/scam_check.html", {"form": ScamForm(), "all": _all()})
    form = ScamForm(request.POST)
    context: dict[str, object] = {"form": form, "all": _all()}
    if form.is_valid():
        text, language = form.cleaned_data["text"], get_language() or "en"
        found = scam.find(text)
        rows = scam.load().rows
        context |= {
            "answered": True,
            "advice": advice(bool(found)),
            "signs": [
                {
                    "name": rows[one.sign].name[language],
                    "text": rows[one.sign].text[language],
                    "source": rows[one.sign].source[language],
                    "excerpt": quoted(text, one.start, one.end),
                }
                for one in found
            ],
        }
    return render(request, "tools/scam_check.html", context)


@public
@get_or_post
def scam_report(request: HttpRequest) -> HttpResponse:
    form = HelperReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if limits.allows("helper", limits.address(request), **_AN_HOUR):
            helpers.report(
                by=None,
                called=form.cleaned_data["called"],
                signs=form.cleaned_data["signs"],
                once=form.cleaned_data["once"],
            )
            messages.success(
                request, _("Thank you. It counts in the register; nobody learns that it was you.")
            )
            return redirect("scam_check")
        form.add_error(None, _("That is a lot at once. Please try again in an hour."))
    return render(request, "tools/scam_report.html", {"form": form})


def _all() -> list[tuple[str, str]]:
    language = get_language() or "en"
    return [(row.name[language], row.text[language]) for row in scam.load().rows.values()]
