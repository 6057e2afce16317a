"""The borrower's own terms: which channels, which hours, how openly worded, and a pause for everything."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events
from cases.domain.person_facts import DAYS as WEEK
from cases.domain.refusal import Refused
from cases.models import Lender, User
from notices.actions import waking
from notices.models import OptOut, Preference

CHANNELS = ("sms", "email", "wechat")
# Local days from one reminder to the next: as the rules allow, one a day, one in three days, one a week.
PACES = (0, 1, 3, 7)


def terms_of(person: User) -> Preference:
    """The stored terms, or what holds until the person says otherwise. Writes nothing."""
    stored = Preference.objects.filter(person=person).first()
    return stored or Preference(person=person, changed_at=clock.now())


@transaction.atomic
def set_terms(
    *,
    by: User,
    sms: bool,
    email: bool,
    discreet: bool,
    wechat: bool = True,
    hours_from: dt.time | None = None,
    hours_to: dt.time | None = None,
    days: Collection[str] = (),
    pace: int = 0,
    gentle: bool | None = None,
    follow_up: bool | None = None,
    language: str = "",
) -> Preference:
    """Replace the terms. A channel switched off becomes a dated opt-out, switched on again ends it.

    `days`: "mon" … "sun", none named means any. `pace`: the least days from one reminder to the next, 0 as the rules allow.
    `gentle`: at most one message a day from everyone together, no reason asked. `follow_up`: whether we may ask how it goes.
    None leaves either, as an empty `language` (of the messages) does.

    Refuses `hours_in_pairs`, `hours_order`, `day_unknown` and `pace_unknown`.
    """
    if (hours_from is None) != (hours_to is None):
        raise Refused("hours_in_pairs", _("Choose both times, or neither."), field="hours_to")
    if hours_from is not None and hours_to is not None and hours_from >= hours_to:
        raise Refused("hours_order", _("The second time must be later than the first."), field="hours_to")
    if set(days) - set(WEEK):
        raise Refused("day_unknown", _("Choose days of the week."), field="days")
    if pace not in PACES:
        raise Refused("pace_unknown", _("Choose one of the paces shown."), field="pace")
    preference = locked(by)
    now = clock.now()
    wishes = {
        "sms": sms,
        "email": email,
        "wechat": wechat,
        "discreet": discreet,
        "days": [day for day in WEEK if day in days and len(set(days)) < len(WEEK)],
        "pace": pace,
        "gentle": preference.gentle if gentle is None else gentle,
        "follow_up": preference.follow_up if follow_up is None else follow_up,
    }
    changed = [name for name, value in wishes.items() if getattr(preference, name) != value]
    if (preference.hours_from, preference.hours_to) != (hours_from, hours_to):
        changed.append("hours")
    if language and by.language != language:
        by.language = language
        by.save(update_fields=["language"])
        changed.append("language")
    for name, value in wishes.items():
        setattr(preference, name, value)
    preference.hours_from, preference.hours_to = hours_from, hours_to
    for channel, wanted in (("sms", sms), ("email", email), ("wechat", wechat)):
        _opt(by, channel, wanted, now)
    if changed or preference.pk is None:
        preference.changed_at = now
        preference.save()
        events.record("contact_terms_set", by=by, about=by, person=by, changed=changed)
        waking.wake(by)
    return preference


@transaction.atomic
def opt_out(*, by: User, channel: str) -> Preference:
    """Stop one channel at once. Asking twice is asking once. Refuses `channel_unknown`."""
    if channel not in CHANNELS:
        raise Refused("channel_unknown", _("We do not know this way of writing to you."))
    preference = locked(by)
    if getattr(preference, channel) or not _standing(by, channel).exists():
        setattr(preference, channel, False)
        preference.changed_at = clock.now()
        preference.save()
        _opt(by, channel, False, preference.changed_at)
        events.record("opted_out", by=by, about=by, person=by, channel=channel)
    return preference


@transaction.atomic
def set_lender_terms(*, by: User, lender: Lender, channels: Collection[str]) -> None:
    """The ways this one lender may use; none of them is a pause of this lender alone. What all may not use, it may not either.

    Refuses `channel_unknown`.
    """
    if set(channels) - set(CHANNELS):
        raise Refused("channel_unknown", _("We do not know this way of writing to you."))
    locked(by)
    now = clock.now()
    changed = [channel for channel in CHANNELS if _opt(by, channel, channel in channels, now, lender)]
    if changed:
        events.record("contact_terms_set", by=by, about=by, person=by, lender=lender, changed=changed)
        if channels:
            waking.wake(by)


def lender_terms(person: User) -> Mapping[int, frozenset[str]]:
    """Lender's primary key → the ways it alone may not use."""
    closed: dict[int, set[str]] = {}
    rows = OptOut.objects.filter(person=person, lender__isnull=False, until=None)
    for lender, channel in rows.values_list("lender", "channel"):
        closed.setdefault(lender, set()).add(channel)
    return {lender: frozenset(channels) for lender, channels in closed.items()}


@transaction.atomic
def pause(*, by: User) -> Preference:
    """No reminders at all until resumed; codes, answers and receipts go on."""
    preference = locked(by)
    if preference.paused_at is None:
        preference.paused_at = preference.changed_at = clock.now()
        preference.save()
        events.record("reminders_paused", by=by, about=by, person=by)
    return preference


@transaction.atomic
def resume(*, by: User) -> Preference:
    """Reminders go on; those that the pause stopped and whose time is still ahead are planned again."""
    preference = locked(by)
    if preference.paused_at is not None:
        preference.paused_at, preference.changed_at = None, clock.now()
        preference.save()
        events.record("reminders_resumed", by=by, about=by, person=by)
        waking.wake(by)
    return preference


def locked(person: User) -> Preference:
    """The terms under the lock on the person: a worker about to send waits, or has already sent."""
    User.objects.select_for_update().get(pk=person.pk)
    return terms_of(person)


def with_code(index: str) -> Preference | None:
    """The terms whose WeChat code this is, while it is good."""
    return (
        Preference.objects.select_for_update()
        .filter(wechat_code=index, wechat_code_until__gt=clock.real_now())
        .exclude(wechat_code="")
        .first()
    )


def _standing(person: User, channel: str, lender: Lender | None = None) -> QuerySet[OptOut]:
    return OptOut.objects.filter(person=person, channel=channel, lender=lender, until=None)


def _opt(person: User, channel: str, wanted: bool, now: dt.datetime, lender: Lender | None = None) -> bool:
    """End or begin one opt-out; whether anything changed."""
    standing = _standing(person, channel, lender)
    if wanted:
        return bool(standing.update(until=now))
    if standing.exists():
        return False
    OptOut.objects.create(person=person, channel=channel, lender=lender, since=now)
    return True
