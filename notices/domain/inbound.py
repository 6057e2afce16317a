"""
What a person may write back, in any of our languages. Only a bare keyword is a keyword: a sentence is for a person to read,
and where it plainly asks us to stop, it is heeded as well. An answer to a keyword never says anything about the person's
matter, because a telephone may lie on a table.
"""

import re
import unicodedata
from enum import StrEnum


class Intent(StrEnum):
    BALANCE = "balance"
    PLAN = "plan"
    STOP = "stop"
    HELP = "help"
    REPLY = "reply"


KEYWORDS = {
    Intent.BALANCE: ("BAL", "BALANCE", "余额", "餘額", "查余额", "查餘額", "YE"),
    Intent.PLAN: ("PLAN", "计划", "計劃", "計畫", "还款计划", "還款計劃", "方案", "JH"),
    Intent.STOP: (
        "STOP",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "停",
        "停止",
        "退订",
        "退訂",
        "T",
        "TD",
        "N",
        "取消",
        "不要再发",
        "不要再發",
    ),
    Intent.HELP: ("HELP", "INFO", "帮助", "幫助", "求助", "BZ"),
}
_INTENTS = {word.casefold(): intent for intent, words in KEYWORDS.items() for word in words}

# Whoever asks to be left alone need not know our words for it: nobody is harmed when we fall silent once too often.
_STOPPING = re.compile(
    r"""
    \b(?:please\s+stop | unsubscribe | opt(?:ing)?\s*(?:me\s+)?out | remove\s+me | take\s+me\s+off | leave\s+me\s+alone)\b
    | \bstop\s+(?:all|texting|messaging|sending|contacting|writing|bothering|these|this|the\s+(?:texts?|messages?|reminders?))\b
    | \b(?:don['’]?t|do\s+not|never|no\s+longer)\s+(?:text|message|contact|write|send|bother)\b
    | \bno\s+more\s+(?:texts?|messages?|reminders?|sms)\b
    | (?:不要|不许|不准|不許|不準|请勿|請勿|别|別|勿)(?:再|总|總|老)*(?:给我|給我|向我)?(?:发|發|联系|聯繫|联络|聯絡|打扰|打擾|提醒)
    | 停止(?:给我|給我|向我)?(?:发|發|短信|簡訊|联系|聯繫|提醒|打扰|打擾) | 请停止 | 請停止 | 退订 | 退訂 | 拒收 | 取消订阅 | 取消訂閱
    """,
    re.IGNORECASE | re.VERBOSE,
)

LONGEST = 1_000
"""Characters kept of what somebody wrote; a telephone sends far less in one go."""


def intent_of(text: str) -> Intent:
    bare = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
    return _INTENTS.get(bare, Intent.REPLY)


def asks_to_stop(text: str) -> bool:
    """Whether the keyword stands there, or a sentence plainly asks not to be written to any more."""
    return intent_of(text) is Intent.STOP or _STOPPING.search(unicodedata.normalize("NFKC", text)) is not None


def kept(text: str) -> str:
    """What is kept of a sentence: visible text and line ends, cut to LONGEST."""
    visible = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return visible.strip()[:LONGEST]
