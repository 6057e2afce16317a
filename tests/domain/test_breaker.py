"""A channel that fails is left alone, and tried again by one."""

import datetime as dt

from notices.domain.breaker import FAILURES, PROBE, Breaker, failed, succeeded

NOW = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)


def after(failures: int) -> Breaker:
    breaker = Breaker()
    for _ in range(failures):
        breaker = failed(breaker, NOW)
    return breaker


def test_nine_failures_leave_it_closed_and_the_tenth_opens_it() -> None:
    assert not after(FAILURES - 1).is_open
    assert after(FAILURES).is_open
    assert FAILURES <= 10


def test_an_open_breaker_lets_one_probe_through_every_thirty_seconds() -> None:
    opened = after(FAILURES)
    assert not opened.lets_through(NOW)
    assert not opened.lets_through(NOW + PROBE - dt.timedelta(seconds=1))
    assert opened.lets_through(NOW + PROBE)
    again = failed(opened, NOW + PROBE)
    assert again.open_since == opened.open_since
    assert not again.lets_through(NOW + PROBE)


def test_one_success_forgets_everything() -> None:
    assert succeeded(after(FAILURES)) == Breaker()
    assert succeeded(after(FAILURES)).lets_through(NOW)
