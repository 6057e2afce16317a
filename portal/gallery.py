"""The component gallery: every piece with its states, for development machines only."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases import charts
from cases.access import public
from portal import icons


class Sample(forms.Form):
    """One field of each kind, bound to wrong answers so that the error states show."""

    pay_day = forms.IntegerField(
        label="每月几号还？",
        help_text="看账单，或者选“不确定”。",
        error_messages={"required": "请填写还款日，例如 15"},
        widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"}),
    )
    code = forms.CharField(
        label="验证码",
        help_text="5 位数字，15 分钟内有效。",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    owed = forms.CharField(
        label="云杉小贷，一共还欠多少？",
        help_text="记不清也没关系，填个大概。",
        widget=forms.TextInput(attrs={"data-prefix": "¥", "inputmode": "decimal"}),
    )
    rate = forms.CharField(label="年利率", required=False, widget=forms.TextInput(attrs={"data-suffix": "%"}))
    shared = forms.ChoiceField(
        label="这部手机只有您用吗？",
        help_text="这样我们知道提醒该怎么写。",
        choices=[
            ("mine", "只有我用"),
            ("shared", "有时和别人共用\n提醒里不出现欠款两个字"),
            ("unsafe", "不安全\n换一台再来，这里什么也不留"),
        ],
        widget=forms.RadioSelect,
    )
    lender = forms.ChoiceField(
        label="哪家机构？", choices=[("", "请选择"), ("a", "江晴银行")], required=False
    )
    reasons = forms.MultipleChoiceField(
        label="发生了什么？",
        choices=[("ill", "生病"), ("job", "收入减少")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    words = forms.CharField(label="想补充的话", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    paper = forms.FileField(label="账单", required=False, help_text="照片或 CSV。")
    agree = forms.BooleanField(label="同意江晴银行看到这几项", help_text="随时可以收回。", required=False)


def _charts() -> dict[str, object]:
    months = [date(2027 + index // 12, index % 12 + 1, 20) for index in range(38)]
    a = [52138] * 28 + [110183] + [166966] * 7 + [112697, 0]
    b = [40407] * 14 + [106691] + [114828] * 13 + [56783] + [0] * 9
    c = [74421] * 14 + [8137] + [0] * 23
    d = [13034] * 36 + [67303, 63473]
    series = [
        charts.Series(letter=letter, name=name, order=order, amounts=amounts)
        for order, (letter, name, amounts) in enumerate(
            [("A", "江晴", a), ("B", "安澜", b), ("C", "云杉", c), ("D", "青梧", d)], start=1
        )
    ]
    lines = [
        charts.Line(name=name, order=order, left=[5800000 * (n - k) // n for k in range(n + 1)], ends=ends)
        for order, (name, n, ends) in enumerate(
            [
                ("最早还清", 38, date(2030, 2, 20)),
                ("先轻后重", 42, date(2030, 6, 20)),
                ("每月最轻", 60, date(2031, 12, 20)),
            ],
            start=1,
        )
    ]
    costs = [
        charts.Cost(name=name, owed=5800000, interest=interest)
        for name, interest in [("最早还清", 923473), ("先轻后重", 1159550), ("每月最轻", 1703870)]
    ]
    return {
        "stacked": charts.stacked(series, months),
        "burn": charts.burn_down(lines),
        "costs": charts.cost_bars(costs),
        "living": charts.living(income=860000, essentials=630000, plan=180000, cushion=50000),
    }


@public
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state; a 404 outside development."""
    if not settings.DEBUG:
        raise Http404
    form = Sample({"code": "40713", "owed": "9,400.00", "shared": "shared"})
    return render(
        request,
        "gallery.html",
        {
            "form": form,
            "icons": icons.NAMES,
            "day": date(2027, 3, 5),
            "moment": datetime(2027, 5, 12, 1, 30, tzinfo=UTC),
            "rate": Decimal("0.06"),
            "difference": [
                {"label": "每月", "before": "404.00", "after": "415.45", "change": "多 11.45"},
                {"label": "期数", "before": "45", "after": "48", "change": "长 3 期"},
                {"label": "违约金", "before": "不收", "after": "不收", "change": ""},
            ],
            "tasks": [
                {"title": "欠款", "status": "4 笔，已填好", "url": "#", "done": True},
                {"title": "收支", "status": "接着填，2 分钟", "url": "#", "done": False},
                {"title": "方案", "status": "还没到", "url": "", "done": False},
            ],
            **_charts(),
        },
    )
