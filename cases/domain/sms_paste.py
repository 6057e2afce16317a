"""Collectors' messages, pasted as they came: which debts they speak of, and the very words each figure was read from.

A message says who, how much and since when in a hundred ways, between threats, telephone numbers and links. What is
found here is only ever a guess that the person checks; what is not plainly there stays None, which means "not sure".
No figure is worked out: each one stands in the message, and `Found.words` is the piece of it that says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from cases.domain.amounts import AmountRefused, parse_amount, parse_days

LONGEST = 10_000
MOST_MESSAGES = 20
_LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class Found:
    """A figure and the words of the message it was read from. Money in minor units of CNY, time in days."""

    figure: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What one message seems to say about one debt.

    `lender` is one of the names that were given, or ""; `lender_words` is what the message calls the lender, or "".
    `owed` is an amount named without saying what it is made of. `kind` is a value of `Debt.Kind`, or "".
    """

    message: str
    lender: str = ""
    lender_words: str = ""
    kind: str = ""
    owed: Found | None = None
    principal: Found | None = None
    interest: Found | None = None
    fees: Found | None = None
    days_overdue: Found | None = None

    @property
    def figures(self) -> dict[str, int | None]:
        """Every figure by name, None where the message does not say."""
        return {name: found.figure if (found := getattr(self, name)) else None for name in FIGURES}

    @property
    def read_from(self) -> tuple[str, ...]:
        """The words behind the figures, each once, in the order of `FIGURES`."""
        return tuple(dict.fromkeys(found.words for name in FIGURES if (found := getattr(self, name))))


FIGURES = ("owed", "principal", "interest", "fees", "days_overdue")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All that was pasted: guesses in its order, and how many messages spoke of no debt."""

    guesses: tuple[Guess, ...]
    passed_over: int


def read(text: str, names: Iterable[str] = ()) -> Reading:
    """Read pasted messages. `names` are the lenders that are known, in any language.

    The same message twice is one guess; two messages of one lender with different figures stay two.
    """
    known = sorted({name for name in names if name.strip()}, key=len, reverse=True)
    guesses: dict[object, Guess] = {}
    passed_over = 0
    for message in messages(text):
        guess = _guess(message, known)
        if guess is None:
            passed_over += 1
        else:
            guesses.setdefault(replace(guess, message=_folded(message)), guess)
    return Reading(guesses=tuple(guesses.values()), passed_over=passed_over)


# ── one message after the other ──────────────────────────────────────────────────────────────
_SIGNATURE = re.compile(r"【([^【】\n]{1,60})】")
# 您在【云杉小贷】的欠款: here the name is part of a sentence and begins no message.
_INSIDE = tuple("在于为受与向是由对欠的和及")
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")


def messages(text: str) -> list[str]:
    """The messages of a text: parted by empty lines, and by 【signatures】 before or behind each."""
    found = []
    for block in _BLANK.split(text.replace("\r\n", "\n").replace("\r", "\n").strip()):
        found += [piece for part in _signed(block) if (piece := part.strip())]
    return found


def _signed(block: str) -> Iterator[str]:
    marks = list(_SIGNATURE.finditer(block))
    if len(marks) < 2:
        yield block
        return
    before = not block[: marks[0].start()].strip() or bool(block[marks[-1].end() :].strip())
    marks = [mark for mark in marks if block[mark.start() - 1 : mark.start()] not in _INSIDE]
    cuts = [mark.start() if before else mark.end() for mark in marks]
    for start, end in zip([0, *cuts], [*cuts, len(block)], strict=True):
        yield block[start:end]


# ── what is no amount, whatever stands beside it ─────────────────────────────────────────────
_HIDDEN, _EDGE = "\x00", "\x01"
_TORN = re.compile(r"(?<=\x01)[\d.,]+|(?<![\d.,])[\d.,]+(?=\x01)")
_TRAPS = re.compile(
    r"""
      https?://[^\s，。；【】]+ | www\.[^\s，。；【】]+
    | (?<![a-z0-9.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:cn|com|net|top|cc|vip|xyz|io|org|test|example)\b(?:/[^\s，。；【】]*)?
    | (?:验证码|校验码|动态码|短信码|verification\ code|code|otp)[^\d\n]{0,8}\d{4,8}
    | \d{4,8}[^\d\n]{0,4}(?:验证码|校验码)
    | (?:尾号|末四位|后四位|卡号|账号|账户|帐号|合同号?|编号|订单号?|案件号?|案号|身份证号?码?|工号|流水号?
        |ending(?:\ in|\ with)?|account|acct|card|ref(?:erence)?|contract|case|order|no\.?|id)
      [ ]*(?:[:：#(（]|为|是|number|no\.?)?[ ]*[a-z]{0,4}[*x]*\d[\d*x-]*
    | (?:电话|热线|致电|拨打|来电|客服|手机号?|微信|联系|qq|call|phone|tel|dial)[^\d\n，。；,;]{0,8}\+?[\d][\d()\ -]{3,}\d
    | (?<!\d)\+?(?:86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)
    | (?<!\d)[48]00[ -]?\d{3,4}[ -]?\d{3,4}(?!\d)
    | (?<!\d)0\d{2,3}[ -]\d{7,8}(?:-\d+)?(?!\d)
    | (?<![\d,.])\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}[日号]?|月)
    | (?<![\d,.])\d{1,2}月\d{1,2}[日号] | (?<!\d)\d{1,2}[:：]\d{2}(?::\d{2})?(?!\d)
    | (?<![\d,.])\d{1,2}[日号时点]前? | (?<![\d,.])\d{4}年
    | (?:回复?|reply)\ ?[a-z]*\d+
    | 第?\d+(?:/\d+)?(?=期) | [\d.]+\ ?[%％‰折]
    | (?:us\$|hk\$|nt\$|\$|£|€|usd|hkd|gbp|eur|美元|美金|港币|英镑|欧元)[ ]?\d[\d,.]{0,20}
    | (?<![\d,.])\d[\d,.]{0,20}[ ]?(?:万|千)?(?:us\$|usd|hkd|gbp|eur|dollars?|pounds?|euros?|美元|美金|港元|港币|英镑|欧元|日元)
    | \d*\*+\d+ | (?<![\d.,])\d{12,}(?!\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans("￥圓圆", "¥元元")
_WIDE.pop(0xFF0C)


def _plain(text: str) -> str:
    """Half-width, character for character, with telephone numbers, dates, tails, codes and links blotted out."""
    text = text.replace(_EDGE, " ").replace(_HIDDEN, " ")
    text = re.sub(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))", ",", text).translate(_WIDE)
    return _TORN.sub(
        lambda rest: _HIDDEN * len(rest[0]), _TRAPS.sub(lambda trap: _blotted(trap[0]), text)
    ).replace(_EDGE, _HIDDEN)


def _blotted(trap: str) -> str:
    """As long as the trap; an edge that is a digit is marked, since a figure that goes on there is the trap's own."""
    marks = [_EDGE if end.isdecimal() else _HIDDEN for end in (trap[0], trap[-1])]
    return marks[0] + _HIDDEN * (len(trap) - 2) + marks[1] if len(trap) > 1 else marks[0]


# ── amounts ──────────────────────────────────────────────────────────────────────────────────
_AMOUNT = re.compile(
    r"""
      (?:(?P<sign>¥|人民币|rmb|cny)[ ]?|(?<![\d.,a-z]))
      (?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d.]\d)[ ]?(?:[万千亿w](?![a-z]))?
        | [零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟]{1,16}(?=[ ]?元))
      (?P<unit>[ ]?(?:元整?|块钱?|yuan|rmb|cny))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NEAR = 40
_BREAK = re.compile(r"[，。；;、!?！？\n]|,(?!\d{3})|\.(?!\d)")


class _Part(Enum):
    NOT_OWED = "not owed"
    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"
    OWED = "owed"


# The words that say what an amount is; of several that say "owed" the later list is the plainer.
_LABELS = tuple(
    (part, weight, re.compile(words, re.IGNORECASE))
    for part, weight, words in (
        (
            _Part.NOT_OWED,
            0,
            r"最低|减免|优惠|免除|折扣|额度|授信|可借|可贷|最高|已还|实还|已收|已支付|奖励|红包|补贴|每期|每月|月供|月还"
            r"|只需|仅需|先还|首付|定金|悬赏|律师费|诉讼费|工资|收入|存款|余额不足|minimum|discount|waive|only\ pay|pay\ only"
            r"|settle\ for|per\ month|monthly|credit\ limit|up\ to|paid|reward"
            # One instalment is not the debt.
            r"|(?<=\x00)期(?:账单|款|应还|金额|为|[:：])*\Z",
        ),
        (_Part.PRINCIPAL, 0, r"本金|principal"),
        (_Part.INTEREST, 0, r"利息|罚息|息费|逾期息|interest"),
        (
            _Part.FEES,
            0,
            r"违约金|滞纳金|费用|手续费|服务费|罚金|逾期费|催收费|late\ fees?|fees?\b|penalt(?:y|ies)|charges?\b",
        ),
        (_Part.OWED, 1, r"金额|借款|贷款|账单|款项|本期|当期|loan|amount"),
        (
            _Part.OWED,
            2,
            r"逾期|应还|待还|需还|须还|未还|未付|未归还|拖欠|overdue|past\ due|due\b|arrears|repay",
        ),
        (_Part.OWED, 3, r"欠款|欠|剩余|还剩|债务|合计|共计|总计|一共|总额|owed?\b|owing|outstanding|balance"),
        (_Part.OWED, 4, r"结清|总欠款|欠款总额|欠款合计|应还总额|剩余欠款|全部欠款|本息|settlement|total"),
    )
)
_AFTERWARDS = re.compile(
    r"[ ]?(?:的|整)?[ ]?(?:"
    + "|".join(words.pattern for part, _, words in _LABELS if part is not _Part.NOT_OWED)
    + ")",
    re.IGNORECASE,
)
# Between a word like 欠款 and a figure without 元 nothing else may stand.
_JOINED = re.compile(r"(?:[\s:：()（）为是共计约达有的额款\x00]|is|of|总|金额|合计)*", re.IGNORECASE)
_NO_UNIT = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{3,8}(?:\.\d{1,2})?|\d+(?:\.\d+)?[万千w]", re.IGNORECASE
)
_COUNTED = re.compile(
    r"[ ]?(?:[-*/%天日月年期号个次条位折分小时份笔周]|days?|months?|weeks?|years?|hours?)", re.IGNORECASE
)


def _amounts(message: str, plain: str) -> dict[str, Found]:
    """The amounts by name; one that is said twice with different figures is not sure, and left out."""
    candidates: dict[tuple[_Part, int], dict[int, Found]] = {}
    earlier = 0
    for at in _AMOUNT.finditer(plain):
        start = at.start("sign") if at["sign"] else at.start("number")
        clause = _clause_before(plain, earlier, start)
        said = _what_is(plain, clause, start, at.end())
        bare = not (at["sign"] or at["unit"])
        if bare and (said is None or not _may_stand_bare(plain, said[2], at)):
            continue
        earlier = at.end()
        if said is None:
            continue
        part, weight, first = said
        try:
            minor = parse_amount(plain[at.start("number") : at.end("number")].strip()).minor
        except AmountRefused:
            continue
        if minor == 0 and part is _Part.OWED:
            continue
        words = message[min(first, start) : max(at.end(), _end_of_label(plain, first, at.end()))].strip()
        candidates.setdefault((part, weight), {}).setdefault(minor, Found(figure=minor, words=words))
    found = {}
    for part in (_Part.OWED, _Part.PRINCIPAL, _Part.INTEREST, _Part.FEES):
        weights = sorted((weight for which, weight in candidates if which is part), reverse=True)
        if weights and len(same := candidates[part, weights[0]]) == 1:
            found[part.value] = next(iter(same.values()))
    return found


def _clause_before(plain: str, earlier: int, start: int) -> int:
    """Where the words begin that can say what the amount at `start` is: this clause, and never far away."""
    near = max(earlier, start - _NEAR)
    return max([near, *(mark.end() for mark in _BREAK.finditer(plain, near, start))])


def _what_is(plain: str, clause: int, start: int, end: int) -> tuple[_Part, int, int] | None:
    """(what the amount is, how plainly that is said, where the words begin); None when nothing says it."""
    marks = list(_labels_in(plain, clause, start))
    if not marks and (after := _AFTERWARDS.match(plain, end)):
        marks = list(_labels_in(plain, end, after.end()))
    parts = {part for part, _, _ in marks}
    named = parts - {_Part.OWED}
    if not parts or _Part.NOT_OWED in parts:
        return None
    if len(named) == 1:
        part = named.pop()
        return part, 0, max(at for which, _, at in marks if which is part)
    if named and _Part.PRINCIPAL not in named:
        return None  # Interest and penalties in one sum: neither of them is known.
    weight = max((weight for part, weight, _ in marks if part is _Part.OWED), default=3)
    first = min(at for _, _, at in marks) if named else max(at for _, size, at in marks if size == weight)
    return _Part.OWED, weight, first


def _labels_in(plain: str, start: int, end: int) -> Iterator[tuple[_Part, int, int]]:
    for part, weight, words in _LABELS:
        for mark in words.finditer(plain, start, end):
            yield part, weight, mark.start()


def _end_of_label(plain: str, first: int, end: int) -> int:
    after = _AFTERWARDS.match(plain, end)
    return after.end() if first >= end and after else end


def _may_stand_bare(plain: str, first: int, at: re.Match[str]) -> bool:
    """Whether a figure without 元 or ¥ stands so close behind its word that it can only be the amount."""
    if first >= at.start() or _COUNTED.match(plain, at.end()) or not _NO_UNIT.fullmatch(at["number"].strip()):
        return False
    ends = [mark.end() for _, _, words in _LABELS for mark in words.finditer(plain, first, at.start())]
    return any(_JOINED.fullmatch(plain, end, at.start("number")) for end in ends)


# ── days ─────────────────────────────────────────────────────────────────────────────────────
_LENGTH = (
    r"(?:[\d]+|[一二三四五六七八九十百两]+|半)[ ]?(?:天|日|个?月|个?星期|周|年|days?|months?|weeks?|years?)"
)
_DAYS = (
    re.compile(
        rf"(?:逾期|拖欠|欠款|overdue|past\ due)(?:天数|时间|时长)?(?:[ :：]|已经?|累计|长?达|超过?|了|共|约|for|by|about|more\ than)*(?P<length>{_LENGTH})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<length>{_LENGTH})[ ]?(?:的?逾期|未还|overdue|past\ due|late\b|in\ arrears)", re.IGNORECASE
    ),
    re.compile(r"逾期天数[ :：为是]*(?P<length>\d{1,4})(?![\d元,.万])"),
)
_STAGE = re.compile(r"(?<![A-Za-z0-9])M([1-9])(?![0-9A-Za-z])")
_ONLY_IF = re.compile(
    r"(?:如果?|若|一旦|避免|防止|以免|假如|if|before|avoid)[^，。；;,.!！\n]*$", re.IGNORECASE
)


def _days(message: str, plain: str) -> Found | None:
    found: dict[int, Found] = {}
    for pattern in _DAYS:
        for at in pattern.finditer(plain):
            if _ONLY_IF.search(plain, max(0, at.start() - 30), at.start()):
                continue
            try:
                days = parse_days(at["length"])
            except AmountRefused:
                continue
            found.setdefault(days, Found(figure=days, words=message[at.start() : at.end()].strip()))
    if not found:
        # M2 is the second month: 31 days at least.
        for at in _STAGE.finditer(plain):
            days = 30 * (int(at[1]) - 1) + 1
            found.setdefault(days, Found(figure=days, words=message[at.start() : at.end()]))
    return next(iter(found.values())) if len(found) == 1 else None


# ── who, and what kind ───────────────────────────────────────────────────────────────────────
_ENGLISH_SIGNATURE = re.compile(r"\s*(?:\[([^\]\n]{2,40})\]|([A-Z][\w&'. -]{2,38}?):\s)")
_GREETING = re.compile(r"(?:dear|hello|hi|notice|reminder|urgent|warning|final|sms|from)\b", re.IGNORECASE)
_CALLED = (
    re.compile(
        r"您在([^\s，。,；;：:0-9【】的]{2,20}?)(?:平台|app)?的?(?:借款|贷款|欠款|信用卡|分期|账单|消费|逾期)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:拖欠|欠)([^\s，。,；;：:0-9【】的款我本您]{2,20}?)的?(?:借款|贷款|欠款|信用卡|分期|账单)"
    ),
    re.compile(r"\b[Yy]our ([A-Z][\w&']*(?: [A-Z][\w&']*){0,3}) (?:loan|account|credit card|card|balance)\b"),
    re.compile(r"\b(?:[Tt]his is|[Yy]ou owe) ([A-Z][\w&']*(?: [A-Z][\w&']*){0,3})"),
)


def _lender(message: str, known: Sequence[str]) -> tuple[str, str]:
    """(a known name, or ""; what the message calls the lender, or "")."""
    signature = _signature(message)
    match = _named_in(signature, known) if signature else []
    if not match:
        match = _named_in(message, known)
    words = signature or next((at[1] for pattern in _CALLED if (at := pattern.search(message))), "")
    return (match[0] if len(match) == 1 else ""), words.strip()[:_LONGEST_NAME]


def _signature(message: str) -> str:
    if at := _SIGNATURE.search(message):
        return at[1].strip()
    at = _ENGLISH_SIGNATURE.match(message)
    name = (at[1] or at[2]) if at else ""
    return "" if _GREETING.match(name) else name.strip()


def _named_in(text: str, known: Sequence[str]) -> list[str]:
    """The known names in a text; one inside a longer one that is there too does not count."""
    rest, found = _folded(text), []
    for name in known:
        folded = _folded(name)
        if folded in rest:
            found.append(name)
            rest = rest.replace(folded, _HIDDEN)
    return found


def _folded(text: str) -> str:
    return "".join(text.translate(_WIDE).split()).casefold()


_KINDS = (
    ("credit_card", re.compile(r"信用卡|贷记卡|credit card", re.IGNORECASE)),
    ("bank_loan", re.compile(r"银行贷款|房贷|车贷|按揭|抵押贷|bank loan|mortgage", re.IGNORECASE)),
    ("instalment", re.compile(r"分期|instal?lment", re.IGNORECASE)),
    ("online_loan", re.compile(r"借款|贷款|网贷|小贷|消费金融|消费贷|借贷|loan", re.IGNORECASE)),
)
_OF_A_DEBT = re.compile(
    r"逾期|欠|催收|未还|还清|应还|待还|罚息|违约金|滞纳金|overdue|past due|owed?\b|arrears|outstanding|debt",
    re.IGNORECASE,
)
# What is offered to everybody is no debt, whoever sends it.
_OFFERED = re.compile(
    r"验证码|校验码|可借|可贷|最高可|授信|额度已|邀请您|退订回|verification code|apply now", re.IGNORECASE
)


def _guess(message: str, known: Sequence[str]) -> Guess | None:
    plain = _plain(message)
    figures = _amounts(message, plain)
    days = _days(message, plain)
    speaks = _OF_A_DEBT.search(plain.replace(_HIDDEN, " "))
    if not speaks and (not figures or _OFFERED.search(message)):
        return None
    lender, words = _lender(message, known)
    kind = next((name for name, pattern in _KINDS if pattern.search(message)), "")
    if not (figures or days or lender or words):
        return None
    return Guess(
        message=message,
        lender=lender,
        lender_words=words,
        kind=kind,
        owed=figures.get("owed"),
        principal=figures.get("principal"),
        interest=figures.get("interest"),
        fees=figures.get("fees"),
        days_overdue=days,
    )
