"""
What a person may write back with one word, in any of our languages. Only a bare keyword is a keyword: a sentence is for a
person to read. An answer to a keyword never says anything about the person's matter, because a telephone may lie on a table.
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

LONGEST = 1_000
"""Characters kept of what somebody wrote; a telephone sends far less in one go."""


def intent_of(text: str) -> Intent:
    bare = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
    return _INTENTS.get(bare, Intent.REPLY)


def kept(text: str) -> str:
    """What is kept of a sentence: visible text and line ends, cut to LONGEST."""
    visible = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return visible.strip()[:LONGEST]
