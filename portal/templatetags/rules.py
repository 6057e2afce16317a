"""Rules, reasons and terms in the person's language."""

import re
from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy

from cases import naming
from cases.domain import rulebook
from cases.models import Lender
from portal import devices
from repayment import wording, wording_terms
from repayment.domain.difference import Difference
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms

register = template.Library()


@register.filter
def rule_statement(rule: rulebook.Rule) -> str:
    """What the rule says, with its own numbers, in the active language."""
    return rulebook.statement(rule, get_language() or "en")


_CONFIDENCES = {
    "S": gettext_lazy("Read in the source"),
    "S*": gettext_lazy("Read in a second-hand copy only"),
    "R-H": gettext_lazy("From memory, fairly sure; not checked in the original text"),
    "R-M": gettext_lazy("From memory, not quite sure; not checked in the original text"),
    "R-L": gettext_lazy("From memory, rather unsure; not checked in the original text"),
    "own": gettext_lazy("Our own rule, there is no outside text"),
}


@register.filter
def confidence(rule: rulebook.Rule) -> str:
    """How sure we are of a rule, in words."""
    return str(_CONFIDENCES[rule.confidence])


# The rulebooks cite a source as whoever read it noted it down; a page says it in its own language. Order counts.
_IN_CHINESE = (
    (r"CBA no posting", "中国银行业协会指引（不得张贴）"),
    (r"CBA 失联 gate", "中国银行业协会指引（失联标准）"),
    (r"CBA first contact", "中国银行业协会指引（首次联系）"),
    (r"PIPL ([\d, ]*\d)", r"《个人信息保护法》第 \1 条"),
    (r"\(2025 rev\.\)", "（2025 年修订）"),
    (r"\(old (\d+)\)", r"（原第 \1 条）"),
    (r"\(only debtor\)", "（只限借款人）"),
    (
        r"; by its own terms superseded once the national standard issued",
        "（国家标准发布后，按其自身规定被取代）",
    ),
    (r"; also reported for", "；另有报道称出自"),
    (r"号 reply", "号答复"),
    (r"PBoC notice ([\d-]+)", r"中国人民银行 \1 通知"),
    (r"NIFA", "中国互联网金融协会"),
    (r" leaves it to the contract", "（由合同约定）"),
    (r"; contract norm since", "；改由合同约定，见"),
    (r"^STD$", "推荐性国家标准"),
    (r"Steady house rule \(稳还自定规则\)", "稳还自定规则"),
    (r"Steady's own practice", "稳还自己的做法"),
    (r", after the trigger figures of the Standard Financial Statement", "，参照英国标准财务报表的触发数"),
    (
        r": a budget is looked at again at least once a year, sooner when income may change",
        "：预算每年至少重看一次，收入可能变时早些看",
    ),
    (r"\((\d+) chapters, (\d+) articles\)", r"（共 \1 章 \2 条）"),
    (r"attributed to (.+) by a law-firm note", r"律师文章称出自 \1"),
    (r"Civil Code (?:arts?\.? )?([\d, ]+)(?:\((\d)\))? applies generally", r"《民法典》第 \1 条（一般规定）"),
    (r"Civil Code (?:arts?\.? )?([\d, ]*\d)\((\d)\)", r"《民法典》第 \1 条第 \2 项"),
    (r"Civil Code (?:arts?\.? )?([\d, ]*\d)", r"《民法典》第 \1 条"),
    (r"arts?\.? ([\d, ]*\d)", r"第 \1 条"),
    (r" item (\d+)", r"第 \1 条"),
    (r"CBA(?: 指引)?", "中国银行业协会指引"),
    (r" \(NFRA \+ PBoC\)", "（金融监管总局、中国人民银行）"),
    (r"PBoC", "中国人民银行"),
    (r"(?<=\d), (?=\d)", "、"),
)
_IN_ENGLISH = (
    (r"Steady house rule \(稳还自定规则\)", "Steady house rule"),
    (r"CBA 指引", "China Banking Association guideline"),
)
_CHINESE = re.compile(
    r"([《（〔]?[\u4e00-\u9fff](?:[\u4e00-\u9fff《》〈〉（）()〔〕、；，\d ]*[\u4e00-\u9fff》）〕)])?)"
)

_LATIN = re.compile(r"([A-Za-z]{2}(?:[A-Za-z0-9 .,;:()§’&/–-]*[A-Za-z0-9)])?)")


@register.filter
def cited(citation: str) -> SafeString:
    """A rule's source in the active language; what stays in another language says so."""
    chinese = (get_language() or "en").startswith("zh")
    text = str(citation)
    for pattern, words in _IN_CHINESE if chinese else _IN_ENGLISH:
        text = re.sub(pattern, words, text)
    # `split` by one group: what is in the other language stands at the odd places.
    other, letters = ("en", _LATIN) if chinese else ("zh-Hans", _CHINESE)
    parts = [
        (format_html('<span lang="{}">{}</span>', other, part) if place % 2 else part,)
        for place, part in enumerate(letters.split(text))
    ]
    return format_html_join("", "{}", parts)


@register.filter
def called(lender: Lender) -> str:
    """The lender's name in the active language, where it has one there."""
    return naming.called(lender)


@register.filter
def device(user_agent: str) -> str:
    """What somebody signed in with, in words."""
    return devices.spoken(user_agent)


@register.filter
def case_reason(code: str) -> str:
    """Why a case stands where it stands."""
    return str(wording.REASONS.get(code, ""))


@register.filter
def kind_words(terms: Terms) -> str:
    """What people call these terms: the kind of plan."""
    return wording_terms.kind_words(terms)


@register.simple_tag
def clause_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    """`{% clause_lines terms schedule as lines %}`: lighter months, pauses, settlements and the like, in sentences."""
    return wording_terms.clause_lines(terms, schedule)


@register.simple_tag
def difference_rows(differences: Iterable[Difference], currency: str) -> Sequence[wording.DifferenceRow]:
    """`{% difference_rows differences "CNY" as rows %}`, then `{% difference_table rows %}`."""
    return wording.difference_rows(differences, currency)
