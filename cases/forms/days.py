"""A day as people write it, with the year first."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DayField(forms.DateField):
    def __init__(self, *, error_messages: dict[str, Any] | None = None, **options: Any) -> None:
        example = _("Write the day like 2027-05-09.")
        usual: dict[str, Any] = {
            "input_formats": ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"],
            "widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "error_messages": {"required": example, "invalid": example} | (error_messages or {}),
        }
        super().__init__(**usual | options)
