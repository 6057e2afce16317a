"""The pieces pages are made of keep their promises: currency, shape, names, equal numbers, no style attribute."""

import datetime as dt
import itertools
import re

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

from cases import charts, formats
from portal import icons
from portal.templatetags import steady

MONTHS = [dt.date(2027, month, 20) for month in range(1, 7)]


def rendered(source: str, language: str = "en", **context: object) -> str:
    with translation.override(language):
        return Template("{% load steady crispy_forms_tags %}" + source).render(Context(context))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("currency", ["CNY", "GBP", "USD"])
@pytest.mark.parametrize("options", ["", "big=True", "bare=True"])
def test_money_always_names_its_currency(language: str, currency: str, options: str) -> None:
    text = words(rendered("{% money 123456 currency " + options + " %}", language, currency=currency))
    with translation.override(language):
        assert formats.unit(currency) in text
    assert re.sub(r"[^\d.,]", "", text) == "1,234.56"


def test_chinese_writes_yuan_after_the_figure_and_english_before() -> None:
    assert rendered("{% money_text 180000 'CNY' %}", "zh-hans") == "1,800.00\N{NO-BREAK SPACE}元"
    assert rendered("{% money_text 180000 'CNY' %}", "en") == "CN¥1,800.00"


def test_a_negative_amount_wears_a_true_minus_and_an_unknown_one_a_dash() -> None:
    assert "\N{MINUS SIGN}" in rendered("{% money -50000 'CNY' %}")
    assert "−" in rendered("{% money -50000 'CNY' big=True %}")
    assert words(rendered("{% money None 'CNY' %}")) == "—"


def test_days_are_worded_as_people_write_them() -> None:
    day = dt.date(2027, 3, 5)
    spaced = rendered("{% local_date day %}", "zh-hans", day=day).replace("\N{NO-BREAK SPACE}", " ")
    assert "2027年3月5日 周五" in spaced
    assert 'datetime="2027-03-05"' in spaced
    assert formats.NBSP.join(["Fri", "5", "March", "2027"]) in rendered("{% local_date day %}", "en", day=day)


def test_a_moment_put_into_a_zone_stays_there() -> None:
    moment = dt.datetime(2027, 5, 12, 1, 30, tzinfo=dt.UTC)
    assert rendered("{{ moment|clock }}", moment=moment) == "09:30"
    assert rendered("{{ moment|in_zone:'Europe/London'|clock }}", moment=moment) == "02:30"


@pytest.mark.parametrize("tone", steady.STATUS_SHAPES)
def test_every_status_has_a_word_and_a_shape(tone: str) -> None:
    html = rendered("{% status tone 'Paid' %}", tone=tone)
    assert words(html) == "Paid"
    assert re.search(r"<(path|circle) ", html)


def test_no_two_statuses_share_a_shape() -> None:
    assert len({str(icons.shape(shape)) for shape in steady.STATUS_SHAPES.values()}) == len(
        steady.STATUS_SHAPES
    )


@pytest.mark.parametrize(
    ("force", "steps"), [("LAW", 4), ("RULE", 3), ("STD", 2), ("SELF", 1), ("GUID", 1), ("PRAC", 0)]
)
def test_a_force_shows_its_steps_and_its_word(force: str, steps: int) -> None:
    html = rendered("{% force_mark force %}", force=force)
    assert html.count('fill="currentColor"') == steps
    assert words(html)


def test_there_are_at_most_24_icons_and_screen_readers_skip_them() -> None:
    assert len(icons.NAMES) <= 24
    assert all('aria-hidden="true"' in icons.draw(name) for name in icons.NAMES)


def test_a_plan_card_is_not_chosen_for_the_person() -> None:
    assert " checked" not in rendered("{% plan_card name='plan' value='a' title='A' %}{% endplan_card %}")
    chosen = rendered("{% plan_card name='plan' value='a' title='A' checked=True %}{% endplan_card %}")
    assert " checked" in chosen


def test_words_from_outside_are_escaped_everywhere() -> None:
    nasty = "<b>x</b>"
    for source in (
        "{% status 'done' nasty %}",
        "{% lender_mark 'A' 1 nasty %}",
        "{% row '#' nasty text=nasty %}",
        "{% card title=nasty %}{{ nasty }}{% endcard %}",
        "{% notice 'info' title=nasty %}{{ nasty }}{% endnotice %}",
        "{% leader nasty note=nasty %}{{ nasty }}{% endleader %}",
        "{% happened 'done' nasty when=nasty %}{{ nasty }}{% endhappened %}",
        "{% plan_card name='p' value=nasty title=nasty text=nasty %}{{ nasty }}{% endplan_card %}",
        "{% summary_row nasty change='/' %}{{ nasty }}{% endsummary_row %}",
        "{% margin_note nasty %}{{ nasty }}{% endmargin_note %}",
    ):
        assert nasty not in rendered(source, nasty=nasty), source


class Question(forms.Form):
    day = forms.IntegerField(label="Which day?", help_text="Like 15.")
    phone = forms.ChoiceField(
        label="Is it yours?", choices=[("a", "Mine\nOnly me"), ("b", "Shared")], widget=forms.RadioSelect
    )
    amount = forms.CharField(
        label="How much?", required=False, widget=forms.TextInput(attrs={"data-prefix": "¥"})
    )


def test_the_ids_a_field_is_described_by_exist() -> None:
    html = rendered("{{ form|crispy }}", form=Question({}))
    described = {name for group in re.findall(r'aria-describedby="([^"]+)"', html) for name in group.split()}
    assert described >= {"id_day_helptext", "id_day_error", "id_phone_error"}
    assert all(f'id="{name}"' in html for name in described)


def test_the_summary_says_the_same_words_as_the_field_and_links_to_it() -> None:
    html = rendered("{% error_summary form %}{{ form|crispy }}", form=Question({"day": "soon"}))
    anchors = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html)
    assert len(anchors) == 2
    for anchor, message in anchors:
        assert f'id="{anchor}"' in html
        assert html.count(message) == 2


def test_a_form_without_errors_has_no_summary() -> None:
    assert rendered("{% error_summary form %}", form=Question()) == ""
    assert rendered("{% error_summary form %}", form=Question({"day": "3", "phone": "a"})) == ""


def test_choices_stand_in_a_fieldset_and_a_unit_stands_in_its_field() -> None:
    html = rendered("{{ form|crispy }}", form=Question())
    assert re.search(r"<fieldset>\s*<legend[^>]*>Is it yours\?</legend>", html)
    assert '<span class="choice__hint">Only me</span>' in html
    assert '<span aria-hidden="true">¥</span><input' in html


SERIES = [
    charts.Series(letter="A", name="Jiangqing", order=1, amounts=[500, 500, 500, 500, 500, 123]),
    charts.Series(letter="B", name="Anlan", order=2, amounts=[300, 300, 0, 0, 0, 0]),
]


def numbers(html: str) -> list[str]:
    table = html[html.index("<tbody>") : html.index("</table>")]
    return re.findall(r"\d[\d,]*\.\d\d", words(table))


def test_the_table_under_a_chart_holds_the_numbers_that_were_drawn() -> None:
    chart = charts.stacked(SERIES, MONTHS)
    assert sum(row.total * (row.last - row.first + 1) for row in chart.rows) == chart.total == 3223
    shown = numbers(rendered("{% stacked_chart chart 'CNY' %}", chart=chart))
    assert shown == ["5.00", "3.00", "8.00", "5.00", "5.00", "1.23", "1.23", "26.23", "6.00", "32.23"]


def test_bars_are_as_long_as_their_numbers() -> None:
    chart = charts.living(income=1000, essentials=600, plan=300, cushion=100)
    assert re.findall(r'width="([\d.]+)" height="10"', chart.svg) == ["600.0", "300.0", "100.0"]
    bars = charts.cost_bars(
        [charts.Cost(name="a", owed=800, interest=100), charts.Cost(name="b", owed=800, interest=200)]
    )
    widths = [re.findall(r'width="([\d.]+)" height="10"', bar.svg) for bar in bars]
    assert [width[0] for width in widths] == ["800.0", "800.0"]
    assert [bar.more for bar in bars] == [0, 100]


def test_a_stacked_month_reaches_the_top_only_when_it_is_the_largest() -> None:
    chart = charts.stacked(SERIES, MONTHS)
    tops = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)h", chart.svg)]
    assert min(tops) == 0
    assert all(0 <= y <= charts.HIGH for y in tops)


def test_names_beside_a_chart_never_touch_however_small_a_share_is() -> None:
    tiny = [charts.Series(letter=letter, name=letter, order=n, amounts=[amount]) for n, (letter, amount) in
            enumerate([("A", 10000), ("B", 1), ("C", 1), ("D", 1)], start=1)]  # fmt: skip
    places = [label.place for label in charts.stacked(tiny, MONTHS[:1]).labels]
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(places))
    assert 0 <= min(places) <= max(places) <= charts.STEPS


def test_more_than_five_lenders_share_one_last_band_and_no_cent_is_lost() -> None:
    many = [
        charts.Series(letter=chr(64 + n), name=str(n), order=n, amounts=[n * 100] * 6) for n in range(1, 8)
    ]
    chart = charts.stacked(many, MONTHS, other="Others")
    assert [one.name for one in chart.series] == ["1", "2", "3", "4", "Others"]
    assert chart.total == 6 * 2800


def test_burn_down_lines_differ_in_dash_as_well_as_colour() -> None:
    lines = [charts.Line(name=str(n), order=n, left=[100, 50, 0], ends=MONTHS[n]) for n in range(1, 4)]
    svg = charts.burn_down(lines).svg
    assert len(set(re.findall(r'class="line l\d"([^/]*) points', svg))) == 3


def test_lenders_paid_off_in_the_same_month_share_one_name_over_the_chart() -> None:
    amounts = [100] * 6 + [0] * 34
    series = [
        charts.Series(letter=letter, name=letter, order=n, amounts=[100] * 40 if n == 1 else amounts)
        for n, letter in enumerate("ABC", start=1)
    ]
    months = [dt.date(2027 + n // 12, n % 12 + 1, 1) for n in range(40)]
    assert [end.letter for end in charts.stacked(series, months).ends] == ["B C"]


def test_a_plan_that_begins_with_a_pause_still_names_its_lenders() -> None:
    paused = [charts.Series(letter="A", name="A", order=1, amounts=[0, 0, 700, 700, 700, 700])]
    assert [(label.letter, label.amount) for label in charts.stacked(paused, MONTHS).labels] == [("A", 700)]


def test_a_lender_that_waits_longer_than_another_is_named_too() -> None:
    uneven = [
        charts.Series(letter="A", name="A", order=1, amounts=[0, 0, 700, 700, 700, 0]),
        charts.Series(letter="B", name="B", order=2, amounts=[100, 100, 100, 100, 0, 0]),
        charts.Series(letter="C", name="C", order=3, amounts=[0, 0, 0, 0, 0, 300]),
    ]
    labels = charts.stacked(uneven, MONTHS).labels
    assert {(label.letter, label.amount) for label in labels} == {("A", 700), ("B", 100), ("C", 300)}
    assert [label.place for label in labels] == sorted(label.place for label in labels)


def test_empty_charts_draw_without_failing() -> None:
    assert charts.stacked([], []).total == 0
    assert charts.burn_down([]).ends == ()
    assert charts.cost_bars([]) == ()
    assert "plot" in charts.living(income=0, essentials=0, plan=0, cushion=0).svg


def test_no_component_needs_a_style_attribute() -> None:
    chart = charts.stacked(SERIES, MONTHS)
    html = rendered("{% stacked_chart chart 'CNY' %}{% progress 1 2 'half' %}{% living_bar living 'CNY' %}", chart=chart,
                    living=charts.living(income=3, essentials=1, plan=1, cushion=1))  # fmt: skip
    assert "style=" not in html


def test_signs_between_parts_are_those_of_the_language():
    words = """{% mark "," %}{% mark ":" %}{{ names|listed }}"""
    assert rendered(words, names=["甲", "乙"]) == ", : 甲, 乙"
    assert rendered(words, "zh-hans", names=["甲", "乙"]) == "，：甲、乙"
