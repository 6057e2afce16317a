"""The sentences officers may send, in the lender's own words: proposed by one person, published by another.

What a text would cost as an SMS and how it looks is known before anybody says yes, and the preview is the text itself with
sample values, rendered by the same lines that render what leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.domain.rulebook import LANGUAGES
from cases.queries import lender_of
from notices import queries_reasons
from notices.actions import templates
from notices.domain import wording
from notices.domain.wording import Entry, Fault, SmsLength, Style, Wordings
from notices.models import Template
from portal.officer.pages import desk_page

_page = partial(desk_page, here="wordings")

FAULTS = {
    Fault.UNDECLARED: gettext_lazy("There is no value called %(found)s."),
    Fault.BRACE: gettext_lazy("A brace stands alone. Values are written like {lender}."),
    Fault.THREAT: gettext_lazy("“%(found)s” could be read as a threat. Say it more kindly, or leave it out."),
    Fault.LINK: gettext_lazy("Links are never sent: “%(found)s”."),
    Fault.AMOUNT_IN_SMS: gettext_lazy("No amount in an SMS: a lock screen shows it to anyone."),
    Fault.PLACES_DIFFER: gettext_lazy("Every language must use the same values."),
    Fault.TOO_LONG: gettext_lazy("With long names this takes more than %(found)s SMS. Make it shorter."),
    Fault.UNNAMED: gettext_lazy("Say who writes: use {lender}."),
    Fault.DISGUISE: gettext_lazy("There is an invisible character in it."),
}
_LABELS = {
    "sms": gettext_lazy("SMS"),
    "subject": gettext_lazy("Subject of the e-mail"),
    "body": gettext_lazy("E-mail"),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One text as it would leave, with what it takes as an SMS at its longest."""

    language: str
    tag: str
    sms: str
    length: SmsLength
    subject: str
    body: str


class TextsForm(forms.Form):
    """Three languages, each with an SMS and an e-mail. What the lint objects to stands beside its text."""

    def __init__(self, *args: Any, key: str, current: Wordings, **options: Any) -> None:
        self.key = key
        initial = {
            f"{part}_{language}": text
            for language in LANGUAGES
            for part, text in _parts(current, key, language).items()
        }
        options.setdefault("initial", initial)
        super().__init__(*args, **options)
        for language in LANGUAGES:
            for part, label in _LABELS.items():
                self.fields[f"{part}_{language}"] = forms.CharField(
                    label=label,
                    max_length=templates.LONGEST_TEXT,
                    widget=forms.TextInput({"lang": language})
                    if part == "subject"
                    else forms.Textarea({"rows": 3, "lang": language}),
                )

    @property
    def groups(self) -> list[tuple[str, str, list[Any]]]:
        names = dict(settings.LANGUAGES)
        return [(each, names[each], [self[f"{part}_{each}"] for part in _LABELS]) for each in LANGUAGES]

    def texts(self) -> Mapping[str, Mapping[str, str]]:
        return {
            language: {part: self.cleaned_data[f"{part}_{language}"] for part in _LABELS}
            for language in LANGUAGES
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for finding in templates.findings(self.key, self.texts()):
                part = "sms" if finding.entry.channel == "sms" else "body"
                self.add_error(
                    f"{part}_{finding.entry.language}", FAULTS[finding.fault] % {"found": finding.found}
                )
        return data


@requires(Permission.WORDING_WRITE)
@require_http_methods(["GET", "HEAD"])
def wordings(request: HttpRequest) -> HttpResponse:
    """Each sentence with the words in use, and what waits for a second person."""
    lender = lender_of(request.user)
    if lender is None:
        raise Http404
    own = list(Template.objects.filter(lender=lender).select_related("author", "decided_by"))
    earlier = [(queries_reasons.about(template.key), template) for template in own]
    in_use = {template.key: template for template in own if template.state == Template.State.PUBLISHED}
    waiting = {template.key: template for template in own if template.state == Template.State.PROPOSED}
    rows = [
        {
            "key": key,
            "about": queries_reasons.about(key),
            "shown": _shown(templates.entries_of(in_use[key]) if key in in_use else wording.load(), key),
            "own": in_use.get(key),
            "waiting": waiting.get(key),
        }
        for key in templates.KEYS
    ]
    return _page(request, "officer/wordings.html", title=_("Wording"), rows=rows, earlier=earlier)


@requires(Permission.WORDING_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def wording_next(request: HttpRequest, key: str) -> HttpResponse:
    """Write the next version. Nothing is sent in these words before somebody else has published them."""
    lender = lender_of(request.user)
    if lender is None or key not in templates.KEYS:
        raise Http404
    current = {**wording.load(), **templates.in_use(lender).get(key, {})}
    form = TextsForm(request.POST or None, key=key, current=current)
    if request.method == "POST" and form.is_valid():
        try:
            made = templates.propose(by=request.user, key=key, texts=form.texts())
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("It waits for a second person now."))
            return redirect("admin:wording", made.ref)
    places = current[key, "sms", Style.PLAIN, LANGUAGES[0]].placeholders
    return _page(
        request,
        "officer/wording_next.html",
        title=queries_reasons.about(key),
        form=form,
        places=[f"{{{name}}}" for name in places],
        status=422 if form.errors else 200,
    )


@requires(Permission.WORDING_WRITE)
@require_http_methods(["GET", "HEAD"])
def wording_page(request: HttpRequest, ref: str) -> HttpResponse:
    """One version as it would leave, its lengths, and the buttons of whoever reads it."""
    found = get_object_or_404(
        Template.objects.select_related("author", "decided_by"), ref=ref, lender=lender_of(request.user)
    )
    return _page(
        request,
        "officer/wording.html",
        title=queries_reasons.about(found.key),
        template=found,
        shown=_shown(templates.entries_of(found), found.key),
        discreet=_discreet(found),
        own=found.author_id == request.user.pk,
    )


@requires(Permission.WORDING_WRITE)
@require_POST
def wording_decision(request: HttpRequest, ref: str) -> HttpResponse:
    """Publish, refuse, take back, or return to the house's words."""
    found = get_object_or_404(Template, ref=ref, lender=lender_of(request.user))
    steps = {
        "publish": templates.publish,
        "refuse": templates.refuse,
        "withdraw": templates.withdraw,
        "retire": templates.retire,
    }
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    try:
        step(by=request.user, template=found)
    except Template.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Done."))
    return redirect("admin:wording", found.ref)


def _parts(entries: Wordings, key: str, language: str) -> dict[str, str]:
    """The texts as their author wrote them: without the line that the house adds."""
    sms = entries[key, "sms", Style.PLAIN, language]
    email = entries[key, "email", Style.PLAIN, language]
    return {
        "sms": wording.without_way_out(sms),
        "subject": email.subject,
        "body": wording.without_way_out(email),
    }


def _shown(entries: Wordings, key: str) -> Sequence[Shown]:
    found = []
    for language in LANGUAGES:
        sms = entries[key, "sms", Style.PLAIN, language]
        email = entries[key, "email", Style.PLAIN, language]
        with override(language):
            values = _sample(sms)
        found.append(
            Shown(
                language=dict(settings.LANGUAGES)[language],
                tag=language,
                sms=_rendered(entries, sms, values).body,
                length=wording.longest_sms(sms),
                subject=_rendered(entries, email, values).subject,
                body=_rendered(entries, email, values).body,
            )
        )
    return found


def _sample(entry: Entry) -> dict[str, object]:
    """Values of nobody."""
    samples: dict[wording.Type, object] = {
        wording.Type.NAME: _("your lender"),
        wording.Type.DATE: "2027-03-05",
        wording.Type.MONEY: "¥744.21",
        wording.Type.CODE: "000000",
        wording.Type.COUNT: 12,
    }
    return {name: samples[kind] for name, kind in entry.placeholders.items()}


def _rendered(entries: Wordings, entry: Entry, values: Mapping[str, object]) -> wording.Rendered:
    return wording.render(entry.key, entry.channel, entry.language, False, values, wordings=entries)


def _discreet(template: Template) -> str:
    entries = templates.entries_of(template)
    return entries[template.key, "sms", Style.DISCREET, get_language() or LANGUAGES[0]].body
