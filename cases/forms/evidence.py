"""Handing in files, several at once, and a word on what they show."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from cases.actions import evidence as actions
from cases.domain.evidence import KINDS, MOST_FILES
from cases.forms.once import OnceForm
from cases.models import EvidenceShare

# What a phone's file picker offers first. It decides nothing.
ACCEPT = ",".join(
    [*(kind.media_type for kind in KINDS.values()), *(f".{kind.ending}" for kind in KINDS.values())]
)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; each is looked at by the action, so that one bad file does not send the others back."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        found = [file for file in data or [] if file]
        if not found and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return found


class EvidenceForm(OnceForm):
    """`too_large` are names of files that were let drop on their way, because no kind may be so large."""

    file = FilesField(
        label=_("Which files?"),
        help_text=_(
            "Screenshots, photographs, PDF up to 15 MB each; recordings up to 50 MB; film up to 100 MB. You can choose several."
        ),
        widget=FilesInput(attrs={"accept": ACCEPT, "multiple": True}),
        error_messages={"required": _("Choose at least one file.")},
    )
    about = forms.CharField(
        label=_("What do they show?"),
        help_text=_("For yourself, and for whoever you show them to. A few words are enough."),
        required=False,
        max_length=actions.LONGEST_ABOUT,
        error_messages={"max_length": _("Write at most 300 characters.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, too_large: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large or []
        # Everything chosen was too large: that is an answer of its own, not "choose a file".
        self.fields["file"].required = not self.too_large

    def clean_file(self) -> list[UploadedFile]:
        files: list[UploadedFile] = self.cleaned_data["file"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most 20 files at once."))
        return files


class ShareForm(forms.Form):
    """Nothing is chosen beforehand."""

    scope = forms.ChoiceField(
        label=_("What may they see?"),
        choices=EvidenceShare.Scope.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose from the list."), "invalid_choice": _("Choose from the list.")},
    )

    def __init__(self, *args: Any, drawn: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not drawn:
            field = self.fields["scope"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(EvidenceShare.Scope.ORIGINAL.value, _("The recording as it is"))]
