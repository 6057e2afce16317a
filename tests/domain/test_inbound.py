"""One word back, in three languages; a sentence is for a person."""

import pytest

from notices.domain.inbound import KEYWORDS, LONGEST, Intent, intent_of, kept


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("余额", Intent.BALANCE),
        ("餘額。", Intent.BALANCE),
        (" bal ", Intent.BALANCE),
        ("计划", Intent.PLAN),
        ("Plan", Intent.PLAN),
        ("停", Intent.STOP),
        ("T", Intent.STOP),
        (" t. ", Intent.STOP),
        ("ＴＤ", Intent.STOP),
        ("退訂！", Intent.STOP),
        ("STOP", Intent.STOP),
        ("stop all", Intent.STOP),
        ("帮助", Intent.HELP),
        ("help?", Intent.HELP),
        ("", Intent.REPLY),
        ("好的", Intent.REPLY),
        ("please stop by tomorrow", Intent.REPLY),
        ("我停不下来", Intent.REPLY),
    ],
)
def test_only_a_bare_keyword_is_a_keyword(text: str, intent: Intent) -> None:
    assert intent_of(text) is intent


def test_no_word_means_two_things() -> None:
    words = [word.casefold() for several in KEYWORDS.values() for word in several]
    assert len(words) == len(set(words))


def test_what_is_kept_is_visible_and_not_endless() -> None:
    assert kept(" a\x00b\u202ec\nd ") == "abc\nd"
    assert len(kept("长" * 5_000)) == LONGEST
