"""Call logs and copied messages: who called when is read, what was said is not, and every line left out has its reason."""

import contextlib
import datetime as dt
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import call_log
from cases.domain.csv_text import FileRefused

NOW = dt.datetime(2027, 5, 12, 2, 5, tzinfo=dt.UTC)
BEIJING = dt.timezone(dt.timedelta(hours=8))


def read(text: str, zone: str = "Asia/Shanghai") -> call_log.Reading:
    return call_log.read(text, zone=zone, now=NOW)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime(2027, 5, day, hour, minute, second, tzinfo=BEIJING)


def said(row: call_log.Row) -> tuple[Any, ...]:
    return row.number, row.at.astimezone(BEIJING), row.channel, row.direction, row.outcome


CALL = ("057188884420", at(11, 22, 17, 3), "call", "outbound", "conversation")
EXPORTS = {
    "a carrier's bill": "对方号码,通话时间,通信方式,通信时长\n0571-88884420,2027-05-11 22:17:03,被叫,1分20秒\n",
    "a title above the headings": "中国某通信 详单\n\n序号,起始时间,通信地点,通信方式,对方号码,通信时长,通信类型\n"
    "1,2027/5/11 22:17:03,杭州,被叫,057188884420,80,本地\n",
    "Android": "Number,Date,Type,Duration\n+8657188884420,2027-05-11 22:17:03,1,80\n",
    "milliseconds": '"number","timestamp","type","duration"\n"057188884420","1810045023000","Incoming","00:01:20"\n',
    "tabs, English, twelve hours": "Phone Number\tDate\tTime\tType\tDuration\n"
    "+86 571 8888 4420\tMay 11, 2027\t10:17:03 PM\tIncoming\t1:20\n",
    "semicolons and an offset": "caller;date/time;direction;seconds\n057188884420;2027-05-11T14:17:03Z;inbound;80\n",
    "a number kept as text": '号码,时间,类型,时长\n="057188884420",2027年5月11日 下午10:17:03,已接,80\n',
    "full-width": "号码，时间，类型，时长\n０５７１８８８８４４２０，2027-05-11 22：17：03，来电，80\n",
}


@pytest.mark.parametrize("export", EXPORTS)
def test_common_exports_say_the_same(export: str) -> None:
    reading = read(EXPORTS[export])
    assert [said(row) for row in reading.rows] == [CALL], reading
    assert reading.problems == ()


def test_a_file_in_the_encoding_of_chinese_spreadsheets_is_read() -> None:
    data = EXPORTS["a carrier's bill"].encode("gb18030")
    assert len(call_log.read_file(data, zone="Asia/Shanghai", now=NOW).rows) == 1


def test_messages_keep_no_word_of_what_was_said() -> None:
    reading = read("发件人,时间,短信内容\n10690012345,2027-05-09 18:00,【云杉小贷】再不还就告诉单位\n")
    assert [said(row) for row in reading.rows] == [("10690012345", at(9, 18), "sms", "outbound", "delivered")]
    assert "单位" not in repr(reading)


PASTED = """通话记录
未接来电 0571-88884420 2027年5月11日 22:17
2027-05-11 22:19 来电 95555 3分20秒
10690012345 2027/5/9 18:00 【云杉小贷】您欠款12000元，电话13800000000
去电 13900000000 2027-05-08 09:00 30秒
"""


def test_lines_copied_from_a_screen_are_read() -> None:
    reading = read(PASTED)
    assert [said(row) for row in reading.rows] == [
        ("057188884420", at(11, 22, 17), "call", "outbound", "unanswered"),
        ("95555", at(11, 22, 19), "call", "outbound", "conversation"),
        ("10690012345", at(9, 18), "sms", "outbound", "delivered"),
        ("13900000000", at(8, 9), "call", "inbound", "conversation"),
    ]
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("kind", "seconds", "outcome"),
    [
        ("未接", "0", "unanswered"),
        ("拒接", "", "refused"),
        ("语音信箱", "12", "voicemail"),
        ("被叫", "0", "unanswered"),
        ("被叫", "", "unanswered"),
        ("来电", "", "unanswered"),
        ("已接来电", "", "conversation"),
        ("无人接听", "", "unanswered"),
        ("not answered", "", "unanswered"),
        ("", "", "unanswered"),
        ("", "5", "conversation"),
    ],
)
def test_only_a_word_or_a_length_shows_that_somebody_spoke(kind: str, seconds: str, outcome: str) -> None:
    [row] = read(f"号码,时间,类型,时长\n95555,2027-05-10 08:01,{kind},{seconds}\n").rows
    assert row.outcome == outcome


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("13800001111,2027-05-10 23:10,来电,0", "unanswered"),
        ("13800001111,2027-05-10 23:10,来电,35", "conversation"),
        ("13800001111,2027-05-10,23:10,来电,00:00:35", "conversation"),
        ("13800001111, 2027-05-10 23:10, incoming, 35 seconds", "conversation"),
        ("13800001111，2027-05-10 23:10，来电，35秒", "conversation"),
        ("1,13800001111,2027-05-10 23:10,来电", "unanswered"),
        ("2027-05-10 23:10,来电,13800001111", "unanswered"),
        ("13800001111，来电，2027-05-10 23:10", "unanswered"),
    ],
)
def test_a_pasted_line_of_a_table_without_headings_is_no_talk_without_its_length(
    line: str, outcome: str
) -> None:
    [row] = read(line).rows
    assert (row.number, row.at, row.outcome) == ("13800001111", at(10, 23, 10), outcome)


def test_every_line_above_and_below_the_headings_is_counted() -> None:
    reading = read(
        "13800001111,2027-05-10 23:10,来电,0\n95555,soon\n号码,时间\n95555,2027-05-09 08:00\n不记得了,\n"
    )
    assert [row.line for row in reading.rows] == [1, 4]
    assert [(problem.line, problem.code) for problem in reading.problems] == [
        (2, "no_time"),
        (5, "no_number"),
    ]
    pasted = read("通话记录\n95555 2027-05-09 08:00\n不记得了\n")
    assert [(problem.line, problem.code) for problem in pasted.problems] == [(3, "no_number")]


@pytest.mark.parametrize(
    ("day", "read_as"),
    [
        ("5月10日 22:05", (2027, 5, 10)),
        ("5月12日 08:00", (2027, 5, 12)),
        ("11月20日 22:05", (2026, 11, 20)),
        ("2月29日 22:05", (2024, 2, 29)),
        ("今天 08:00", (2027, 5, 12)),
        ("昨天 22:05", (2027, 5, 11)),
        ("前天 下午10:05", (2027, 5, 10)),
        ("Yesterday, 10:05 PM", (2027, 5, 11)),
    ],
)
def test_a_day_without_a_year_is_the_latest_such_day_and_it_is_said(
    day: str, read_as: tuple[int, int, int]
) -> None:
    for text in (f"13800001111 {day} 未接", f'号码,时间\n13800001111,"{day}"\n'):
        reading = read(text)
        local = reading.rows[0].at.astimezone(BEIJING)
        assert (local.year, local.month, local.day) == read_as
        assert reading.guessed_days == 1
    assert read("13800001111 2027-05-10 08:00").guessed_days == 0


def test_a_day_that_a_message_speaks_of_is_not_when_it_came() -> None:
    reading = read("10690012345 【云杉小贷】请于今天 08:00 前还款\n")
    assert [problem.code for problem in reading.problems] == ["no_time"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("1.38E+10,2027-05-10 08:01", "number_lost"),
        ("张三,2027-05-10 08:01", "no_number"),
        (",2027-05-10 08:01", "no_number"),
        ("138****0000,2027-05-10 08:01", "no_number"),
        ('"=HYPERLINK(""x"")",2027-05-10 08:01', "formula"),
        ("@SUM(1),2027-05-10 08:01", "formula"),
        ("<b>95555</b>,2027-05-10 08:01", "markup"),
        ("95555\u202e,2027-05-10 08:01", "damaged"),
        ("95555,2027-05-10", "no_time"),
        ("95555,soon", "no_time"),
        ("95555,03/04/2027 08:01", "unclear_day"),
        ("95555,2月30日 08:01", "no_such_time"),
        ("95555,今天 23:01", "in_the_future"),
        ("95555,2027-02-30 08:01", "no_such_time"),
        ("95555,2027-05-10 25:01", "no_such_time"),
        ("95555,2027-05-12 10:08", "in_the_future"),
        ("95555,2007-05-12 10:08", "too_long_ago"),
    ],
)
def test_a_line_that_cannot_be_read_keeps_its_number_and_a_reason(cells: str, code: str) -> None:
    reading = read(f"号码,时间\n13800000000,2027-05-10 08:00\n{cells}\n")
    assert len(reading.rows) == 1
    assert [(problem.line, problem.code) for problem in reading.problems] == [(3, code)]


def test_times_without_offset_are_read_on_the_persons_clock_and_it_is_said() -> None:
    here = read("号码,时间\n95555,2027-05-10 08:01\n", zone="Europe/London")
    assert here.zone == "Europe/London"
    assert here.rows[0].at == dt.datetime(2027, 5, 10, 7, 1, tzinfo=dt.UTC)
    assert read("号码,时间\n95555,2027-05-10 08:01+08:00\n", zone="Europe/London").zone == ""


def test_a_time_that_the_clock_jumped_over_never_was() -> None:
    reading = read("号码,时间\n95555,2027-03-28 01:30\n", zone="Europe/London")
    assert reading.problems[0].code == "no_such_time"


def test_the_same_row_twice_is_one() -> None:
    line = "95555,2027-05-10 08:01\n"
    reading = read(f"号码,时间\n{line}{line}+86 95555,2027-05-10 08:02\n")
    assert [problem.code for problem in reading.problems] == ["twice"]
    assert len(reading.rows) == 2


def test_numbers_come_with_their_counts_the_most_frequent_first() -> None:
    reading = read(PASTED + "2027-05-10 10:00 来电 95555 20秒\n")
    first = reading.numbers[0]
    assert (first.number, first.calls, first.texts) == ("95555", 2, 0)
    assert (first.first, first.last) == (at(10, 10), at(11, 22, 19))
    assert sum(found.count for found in reading.numbers) == len(reading.rows)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"<html><body>x</body></html>", "markup"),
        (b"PK\x03\x04rest", "spreadsheet"),
        ("号码,时间\n".encode("utf-16"), "utf16"),
        (b"\xff\xd8\xff\xe0", "unreadable"),
        (b"x" * 1_100_000, "too_big"),
        (b"nothing here\n", "no_rows"),
        ("号码,时间\n".encode(), "no_rows"),
        ("号码,时间\n".encode() + b"95555,2027-05-10 08:01\n" * 5001, "too_many_rows"),
        (
            (
                "号码,时间\n" + "".join(f"1380000{number:04},2027-05-10 08:01\n" for number in range(301))
            ).encode(),
            "too_many_numbers",
        ),
    ],
)
def test_what_spoils_a_file_is_refused_as_a_whole(data: bytes, code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        call_log.read_file(data, zone="Asia/Shanghai", now=NOW)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+86 138 0000 0000", "13800000000"),
        ("0086-13800000000", "13800000000"),
        ("+86 571 8888 4420", "057188884420"),
        ("(0571) 8888-4420", "057188884420"),
        ("86 10 6655 1234", "01066551234"),
        ("400-810-8888", "4008108888"),
        ("+86 400 810 8888", "4008108888"),
        ("95555", "95555"),
        ("+44 20 7946 0000", "442079460000"),
        ("12", ""),
        ("1" * 21, ""),
    ],
)
def test_one_telephone_has_one_way_of_being_written(written: str, number: str) -> None:
    assert call_log.telephone(written) == number


@given(st.text(max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    try:
        reading = read(text)
    except FileRefused:
        return
    for row in reading.rows:
        assert row.at <= NOW + dt.timedelta(minutes=2)
        assert row.number.isdecimal()


def test_a_megabyte_of_anything_is_read_in_seconds() -> None:
    for line in ("1" * 3900, "2027-05-10 " * 350, "1分" * 1900, "号码,时间,", "a <b " * 700):
        begun = time.perf_counter()
        with contextlib.suppress(FileRefused):
            read((line + "\n") * (1_000_000 // (len(line.encode()) + 1)))
        assert time.perf_counter() - begun < 8
