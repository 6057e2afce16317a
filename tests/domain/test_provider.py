"""The simulator counts as real providers count."""

from notices.domain.provider import DAY, HOUR, MINUTE, Fate, Meter, fate_of

NUMBER = "+8613800000099"


def code(meter: Meter, now: float) -> int:
    return meter.wait(number=NUMBER, template="security_code", code=True, now=now)


def test_a_second_code_within_the_minute_waits_for_its_end() -> None:
    meter = Meter()
    assert code(meter, 0) == 0
    assert code(meter, 10) == 51
    assert code(meter, MINUTE + 1) == 0


def test_five_codes_an_hour_and_ten_a_day() -> None:
    meter = Meter()
    assert [code(meter, at * 2 * MINUTE) for at in range(5)] == [0] * 5
    assert code(meter, 10 * MINUTE) > 0
    assert [code(meter, 2 * HOUR + at * 2 * MINUTE) for at in range(5)] == [0] * 5
    assert code(meter, 5 * HOUR) > 10 * HOUR
    assert code(meter, DAY + 9 * MINUTE) == 0


def test_forty_messages_a_day_to_one_number_whatever_they_are() -> None:
    meter = Meter()
    taken = [meter.wait(number=NUMBER, template=f"t{at}", code=False, now=float(at)) for at in range(41)]
    assert taken[:40] == [0] * 40
    assert taken[40] > 0
    assert meter.wait(number="+8613800000098", template="t", code=False, now=41.0) == 0


def test_a_few_numbers_fail_on_purpose() -> None:
    assert fate_of("+8613899990001") is Fate.NO_SUCH_NUMBER
    assert fate_of(NUMBER) is Fate.DELIVERED
