"""The component tags pages are made of; `docs/components.md` lists them with one usage line each.

Tags only arrange: words come from the page, figures from `cases.formats`, drawings from `portal.icons`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field, as_crispy_form
from django import template
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import formats
from portal import icons

register = template.Library()


# ── words and figures ────────────────────────────────────────────────────────────────────────
@register.simple_tag
def money(
    minor: int | None, currency: str = "CNY", big: bool = False, bare: bool = False, whole: bool = False
) -> SafeString:
    """An amount in minor units with its currency.

    `big` makes cents smaller, `bare` leaves the unit to the heading (it stays for screen readers), `whole` drops the
    decimals of a bare round figure on an axis.
    """
    if minor is None:
        return format_html('<span class="money">{}</span>', formats.NOTHING)
    if bare:
        hidden = format_html(
            '<span class="visually-hidden">{}{}</span>', formats.NBSP, formats.unit(currency)
        )
        return format_html('<span class="money">{}{}</span>', formats.digits(minor, currency, whole), hidden)
    text = formats.money(minor, currency)
    if not big:
        return format_html('<span class="money">{}</span>', text)
    figures = formats.digits(minor, currency)
    before, after = text.split(figures.lstrip(formats.MINUS + formats.NBSP), 1)
    major, dot, cents = figures.lstrip(formats.MINUS + formats.NBSP).partition(".")
    return format_html(
        '<span class="money money--big">{}<span class="money__whole">{}</span>{}{}</span>',
        format_html('<span class="money__unit">{}</span>', before) if before else "",
        major,
        format_html('<span class="money__cents">{}{}</span>', dot, cents) if cents else "",
        format_html('<span class="money__unit">{}</span>', after) if after else "",
    )


@register.simple_tag(name="money_text")
def money_text_tag(minor: int | None, currency: str = "CNY", bare: bool = False) -> str:
    """An amount for a sentence; `bare` where the sentence names the unit with another amount."""
    return formats.digits(minor, currency) if bare and minor is not None else formats.money(minor, currency)


@register.filter
def money_text(minor: int | None, currency: str = "CNY") -> str:
    return formats.money(minor, currency)


@register.simple_tag
def unit(currency: str = "CNY") -> str:
    return formats.unit(currency)


@register.simple_tag
def gap() -> str:
    """What stands between two sentences that are worded apart: a space, and in Chinese nothing."""
    return "" if formats.locale().language == "zh" else " "


@register.simple_tag
def mark(sign: str) -> str:
    """A comma or colon between two parts worded apart, in the signs of the page's language."""
    return _WIDE[sign] if formats.locale().language == "zh" else f"{sign} "


@register.filter
def listed(words: Iterable[object]) -> str:
    """Names one after another in a sentence."""
    return _(", ").join(map(str, words))


_WIDE = {",": "，", ":": "："}


def _time(value: date | datetime | None, text: str) -> SafeString:
    if value is None:
        return SafeString(text)
    return format_html('<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), text)


@register.simple_tag
def local_date(value: date | datetime | None, short: bool = False) -> SafeString:
    return _time(value, formats.short_day(value) if short else formats.day(value))


@register.simple_tag
def local_moment(value: datetime | None) -> SafeString:
    return _time(value, formats.moment(value))


@register.simple_tag
def local_clock(value: datetime | None) -> SafeString:
    return _time(value, formats.clock(value))


@register.filter
def in_zone(value: datetime | None, zone: str) -> datetime | None:
    """Move an aware moment into a person's zone; the wording filters then leave it there."""
    if value is None:
        return None
    moved = value.astimezone(ZoneInfo(zone))
    return formats.Moved.combine(moved.date(), moved.timetz())


register.filter("day", formats.day)
register.filter("short_day", formats.short_day)
register.filter("month", formats.month)
register.filter("moment", formats.moment)
register.filter("clock", formats.clock)


@register.filter
def unbroken(text: str) -> SafeString:
    """A date inside a sentence, which no line end may cut."""
    return format_html('<span class="nowrap">{}</span>', text)


@register.filter
def percent(rate: Decimal | None) -> str:
    return formats.percent(rate)


@register.filter
def thousands(count: int) -> str:
    """12,345: the same groups in all three languages, where Django would group Chinese by four."""
    return f"{count:,}"


@register.simple_tag
def icon(name: str) -> SafeString:
    return icons.draw(name)


# ── status, force, lender ────────────────────────────────────────────────────────────────────
STATUS_SHAPES = {
    "done": "tick",
    "allowed": "dot",
    "open": "ring",
    "waiting": "half",
    "paused": "bars",
    "soon": "triangle",
    "late": "square",
    "closed": "cross",
}


@register.simple_tag
def status(tone: str, label: str) -> SafeString:
    """A word and its shape. Raises KeyError for a tone that has no shape."""
    return format_html(
        '<span class="status status--{}">{}<span>{}</span></span>',
        tone,
        icons.shape(STATUS_SHAPES[tone]),
        label,
    )


FORCES = {
    "LAW": (4, gettext_lazy("Law")),
    "RULE": (3, gettext_lazy("Regulator rule")),
    "STD": (2, gettext_lazy("Recommended standard")),
    "SELF": (1, gettext_lazy("Industry self-regulation")),
    "GUID": (1, gettext_lazy("Guidance")),
    "PRAC": (0, gettext_lazy("Practice")),
}


@register.simple_tag
def force_mark(force: str) -> SafeString:
    """How strong a rule's ground is: four steps and the word, never one without the other."""
    steps, word = FORCES[str(force).upper()]
    return format_html('<span class="force">{}<span>{}</span></span>', icons.force_steps(steps), word)


@register.simple_tag
def lender_mark(letter: str, order: int, name: str = "") -> SafeString:
    """A lender's letter in the colour of its place in this borrower's list (1–6); never a brand."""
    mark = format_html(
        '<span class="mark mark--{}" aria-hidden="true">{}</span>', (int(order) - 1) % 6 + 1, letter
    )
    return format_html('<span class="lender">{}<span>{}</span></span>', mark, name) if name else mark


# ── blocks ───────────────────────────────────────────────────────────────────────────────────
@register.simple_block_tag
def card(content: str, title: str = "", sunken: bool = False, level: int = 2) -> SafeString:
    heading = format_html('<h{0} class="card__title">{1}</h{0}>', level, title) if title else ""
    return format_html('<div class="card{}">{}{}</div>', " card--sunken" if sunken else "", heading, content)


_NOTICE_ICONS = {"info": "info", "success": "tick", "caution": "shield", "danger": "info"}


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: str = "") -> SafeString:
    """What happens next, said in one of four tones."""
    heading = format_html('<p class="notice__title">{}</p>', title) if title else ""
    return format_html(
        '<div class="notice notice--{}">{}<div class="notice__body">{}{}</div></div>',
        tone,
        icons.draw(_NOTICE_ICONS[tone]),
        heading,
        content,
    )


@register.simple_block_tag
def leaders(content: str) -> SafeString:
    return format_html('<dl class="leaders">{}</dl>', content)


def _leader(label: str, content: str, note: str, css: str) -> SafeString:
    small = format_html('<span class="leader__note">{}</span>', note) if note else ""
    return format_html(
        '<div class="{}"><dt><span class="leader__label">{}{}</span></dt><dd>{}</dd></div>',
        css,
        label,
        small,
        content,
    )


@register.simple_block_tag
def leader(content: str, label: str, note: str = "", strong: bool = False) -> SafeString:
    return _leader(label, content, note, "leader leader--strong" if strong else "leader")


@register.simple_block_tag
def sum_row(content: str, label: str, note: str = "", big: bool = False) -> SafeString:
    return _leader(label, content, note, "leader leader--sum leader--big" if big else "leader leader--sum")


@register.simple_block_tag
def rows(content: str) -> SafeString:
    return format_html('<ul class="rows">{}</ul>', content)


@register.simple_tag(name="row")
def row(url: str, title: str, text: str = "", icon: str = "", aside: str = "") -> SafeString:
    return format_html(
        '<li><a class="row" href="{}">{}<span class="row__body"><span class="row__title">{}</span>{}</span>{}{}</a></li>',
        url,
        icons.draw(icon) if icon else "",
        title,
        format_html('<span class="row__text">{}</span>', text) if text else "",
        format_html('<span class="row__aside">{}</span>', aside) if aside else "",
        icons.draw("next"),
    )


@register.simple_tag
def step(number: int, of: int, minutes: int | None = None) -> SafeString:
    text = _("Step %(number)s of %(of)s") % {"number": number, "of": of}
    if minutes:
        text += ngettext(", about %(minutes)s minute", ", about %(minutes)s minutes", minutes) % {
            "minutes": minutes
        }
    return format_html('<p class="step">{}</p>', text)


@register.simple_tag
def back(url: str, label: str = "") -> SafeString:
    return format_html(
        '<a class="back" href="{}">{}<span>{}</span></a>', url, icons.draw("back"), label or _("Back")
    )


@register.simple_tag
def saved(at: datetime | None) -> SafeString:
    if at is None:
        return SafeString("")
    return format_html(
        '<p class="saved">{}<span>{}</span></p>',
        icons.draw("tick"),
        _("Saved %(time)s") % {"time": formats.clock(at)},
    )


@register.simple_block_tag
def margin_note(content: str, title: str) -> SafeString:
    return format_html(
        '<aside class="margin-note" aria-label="{0}"><h2 class="margin-note__title">{0}</h2>{1}</aside>',
        title,
        content,
    )


@register.simple_tag
def progress(value: int, of: int, label: str) -> SafeString:
    return format_html(
        '<progress class="progress" value="{}" max="{}" aria-label="{}">{}</progress>',
        value,
        of,
        label,
        label,
    )


# ── forms ────────────────────────────────────────────────────────────────────────────────────
def _problems(forms: Iterable[Any]) -> list[tuple[str, str]]:
    """(anchor, message) of every error of forms and formsets, in the order of the page."""
    found: list[tuple[str, str]] = []
    for form in forms:
        if not form:
            continue
        if hasattr(form, "forms"):
            found += [("", str(message)) for message in form.non_form_errors()]
            found += _problems(form.forms)
            continue
        found += [("", str(message)) for message in form.non_field_errors()]
        for bound in form:
            anchor = bound.id_for_label or (f"{bound.auto_id}_0" if bound.auto_id else "")
            found += [(f"#{anchor}" if anchor else "", str(message)) for message in bound.errors]
    return found


def _summary(problems: Sequence[tuple[str, str]]) -> SafeString:
    items = format_html_join(
        "",
        "<li>{}</li>",
        (
            (format_html('<a href="{}">{}</a>', anchor, text) if anchor else text,)
            for anchor, text in problems
        ),
    )
    return format_html(
        '<div class="error-summary" role="alert" tabindex="-1" aria-labelledby="error-summary-title" '
        'data-error-summary><h2 id="error-summary-title" class="error-summary__title">{}</h2><ul>{}</ul></div>',
        _("There is a problem"),
        items,
    )


@register.simple_tag
def error_summary(*forms: Any) -> SafeString:
    """Every error of the given forms with a link to its field; nothing when all is well."""
    bound = [form for form in forms if form and getattr(form, "is_bound", False)]
    problems = _problems(bound)
    return _summary(problems) if problems else SafeString("")


@register.simple_tag
def refusal(refused: Any) -> SafeString:
    """A use case's refusal, shown like a form error: its message, then its citation."""
    if not refused:
        return SafeString("")
    message = str(getattr(refused, "message", refused))
    citation = getattr(refused, "citation", None)
    return _summary([("", message), *([("", str(citation))] if citation else [])])


# Named here too, so that no page needs a {% load %} for its form.
register.filter("crispy", as_crispy_form)
register.filter("as_crispy_field", as_crispy_field)


@register.filter
def has_errors(form: Any) -> bool:
    return bool(form and getattr(form, "is_bound", False) and _problems([form]))


@register.filter
def first_line(label: Any) -> str:
    return str(label).partition("\n")[0]


@register.filter
def second_line(label: Any) -> str:
    return str(label).partition("\n")[2]


@register.filter
def widget_attr(bound: Any, name: str) -> str:
    """An attribute the form's author set on the widget; the pack reads `data-prefix` and its like."""
    return str(bound.field.widget.attrs.get(name, ""))


@register.filter
def input_kind(bound: Any) -> str:
    """Which clothes a field wears: choices, tick, file or text."""
    widget = bound.field.widget
    if getattr(widget, "input_type", "") in ("radio", "checkbox") and hasattr(widget, "choices"):
        return "choices"
    if getattr(widget, "input_type", "") == "checkbox":
        return "tick"
    if widget.use_fieldset:
        return "group"
    return "file" if getattr(widget, "input_type", "") == "file" else "text"


@register.simple_block_tag
def plan_card(
    content: str, name: str, value: str, title: str, aside: str = "", text: str = "", checked: bool = False
) -> SafeString:
    """A radio button the size of a card. `checked` only for what the person chose."""
    ident = f"{name}-{value}"
    return format_html(
        '<div class="plan"><div class="plan__head"><input type="radio" class="radio" name="{}" value="{}" id="{}"{}{}>'
        '<label class="plan__title" for="{}">{}</label>{}</div>{}{}</div>',
        name,
        value,
        ident,
        mark_safe(" checked") if checked else "",
        format_html(' aria-describedby="{}-text"', ident) if text else "",
        ident,
        title,
        format_html('<span class="plan__aside">{}</span>', aside) if aside else "",
        format_html('<p class="plan__text" id="{}-text">{}</p>', ident, text) if text else "",
        format_html('<div class="plan__body">{}</div>', content) if content.strip() else "",
    )


# ── lists ────────────────────────────────────────────────────────────────────────────────────
@register.simple_block_tag
def timeline(content: str) -> SafeString:
    return format_html('<ol class="timeline">{}</ol>', content)


_HAPPENED = {
    "done": gettext_lazy("done"),
    "now": gettext_lazy("now"),
    "late": gettext_lazy("missed"),
    "todo": gettext_lazy("to come"),
}


@register.simple_block_tag
def happened(content: str, tone: str, title: str, when: str = "") -> SafeString:
    """One entry of a timeline; a missed date keeps its own mark after the answer arrives."""
    drawing = icons.draw("tick") if tone == "done" else ""
    return format_html(
        '<li class="happened happened--{}"><span class="happened__dot" aria-hidden="true">{}</span>'
        '<div class="happened__head"><span class="happened__title">{}'
        '<span class="visually-hidden"> ({})</span></span>{}</div><div class="happened__text">{}</div></li>',
        tone,
        drawing,
        title,
        _HAPPENED[tone],
        format_html('<span class="happened__when">{}</span>', when) if when else "",
        content,
    )


@register.inclusion_tag("components/difference_table.html")
def difference_table(
    rows: Iterable[Any], yours: str = "", theirs: str = "", caption: str = ""
) -> Mapping[str, Any]:
    return {
        "rows": rows,
        "yours": yours or _("You asked"),
        "theirs": theirs or _("They offer"),
        "caption": caption or _("What is different"),
    }


@register.inclusion_tag("components/task_list.html")
def task_list(tasks: Iterable[Any]) -> Mapping[str, Any]:
    return {"tasks": tasks}


def _change_link(url: str, label: str) -> SafeString:
    return format_html(
        '<a class="change" href="{}">{}<span class="visually-hidden"> {}</span></a>', url, _("Change"), label
    )


@register.simple_block_tag
def summary_card(content: str, title: str, change: str = "", level: int = 2) -> SafeString:
    return format_html(
        '<section class="card summary"><div class="summary__head"><h{0} class="card__title">{1}</h{0}>{2}</div>'
        '<dl class="summary__rows">{3}</dl></section>',
        level,
        title,
        _change_link(change, title) if change else "",
        content,
    )


@register.simple_block_tag
def summary_row(content: str, label: str, change: str = "") -> SafeString:
    return format_html(
        '<div class="summary__row"><dt>{}</dt><dd>{}</dd>{}</div>',
        label,
        content,
        format_html("<dd>{}</dd>", _change_link(change, label)) if change else "",
    )


# ── charts ───────────────────────────────────────────────────────────────────────────────────
@register.inclusion_tag("components/stacked_chart.html")
def stacked_chart(chart: Any, currency: str = "CNY", name: str = "") -> Mapping[str, Any]:
    """`name` tells several of them on one page apart."""
    return {"chart": chart, "currency": currency, "name": name}


@register.inclusion_tag("components/burn_down_chart.html")
def burn_down_chart(chart: Any, currency: str = "CNY") -> Mapping[str, Any]:
    return {"chart": chart, "currency": currency}


@register.inclusion_tag("components/cost_bars.html")
def cost_bars(chart: Any, currency: str = "CNY") -> Mapping[str, Any]:
    return {"chart": chart, "currency": currency}


@register.inclusion_tag("components/living_bar.html")
def living_bar(chart: Any, currency: str = "CNY") -> Mapping[str, Any]:
    return {"chart": chart, "currency": currency}


# ── header ───────────────────────────────────────────────────────────────────────────────────
@register.simple_tag(takes_context=True)
def here(context: Mapping[str, Any]) -> str:
    """The path of this page, for forms that come back to it; the start page where there is no request."""
    request = context.get("request")
    return request.get_full_path() if request is not None else "/"


@register.filter
def next_text(current: str | None) -> str:
    """The text size after this one: three sizes, then round again."""
    return {"large": "larger", "larger": "normal"}.get(current or "", "large")


@register.simple_tag(takes_context=True)
def page_title(context: Context) -> str:
    """The page's `title` block once more, so that a heading need not repeat it."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block("title") if blocks else None
    return block.nodelist.render(context) if block else ""
