"""What a browser says it is, in words a person knows: a phone or a computer, and the name of the browser."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Mark in the header → words; the first that fits counts, for every browser also names the ones it descends from.
_KINDS = (
    ("iPad", _("Tablet")),
    ("Tablet", _("Tablet")),
    ("iPhone", _("iPhone")),
    ("Mobile", _("Phone")),
    ("Android", _("Tablet")),
    ("Windows", _("Windows computer")),
    ("Macintosh", _("Mac")),
    ("CrOS", _("Computer")),
    ("X11", _("Computer")),
)
_BROWSERS = (
    ("MicroMessenger", _("WeChat")),
    ("QQBrowser", _("QQ Browser")),
    ("UCBrowser", _("UC Browser")),
    ("HuaweiBrowser", _("Huawei Browser")),
    ("MiuiBrowser", _("Xiaomi Browser")),
    ("SamsungBrowser", _("Samsung Internet")),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)


def spoken(user_agent: str) -> str:
    """For example "Phone · Chrome". A header that says nothing known is an unknown device."""
    kind = next((str(words) for mark, words in _KINDS if mark in user_agent), "")
    browser = next((str(words) for mark, words in _BROWSERS if mark in user_agent), "")
    return " · ".join(part for part in (kind, browser) if part) or gettext("A device we do not know")
