"""What is typed to sign in: a number or an address, a code, a password, a recovery code."""

from collections.abc import Callable
from typing import Any

from allauth.account.fields import PasswordField
from allauth.account.forms import (
    ConfirmEmailVerificationCodeForm,
    ConfirmPasswordResetCodeForm,
    LoginForm,
    VerifyPhoneForm,
)
from allauth.core.exceptions import RateLimited
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases import access, identifiers
from cases.identifiers import Identifier

TOO_OFTEN = _("That was a lot in a short time. Wait a few minutes, then try again.")


def digits_of(typed: str) -> str:
    """What was typed or pasted, down to its digits; full-width ones count."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())


class PhoneField(forms.CharField):
    """A mobile number as people write it; cleaned to E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return identifiers.read_phone(typed) if typed else typed


class IdentifierField(forms.CharField):
    """A mobile number or an e-mail address; cleaned to an Identifier."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number or e-mail address"))
        kwargs.setdefault("max_length", 254)
        kwargs.setdefault(
            "widget",
            forms.TextInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return identifiers.read(typed) if typed else typed


class EntryForm(forms.Form):
    """The one door: where to send the code."""

    login = IdentifierField(help_text=_("We send a code there. If you are new, this is also how you begin."))


def _code_field() -> forms.CharField:
    return forms.CharField(
        label=_("The 6-digit code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "short",
                "autocapitalize": "none",
            }
        ),
    )


class _Digits:
    """allauth compares the code: give it the digits, however they were typed or pasted."""

    def clean_code(self) -> str:
        self.cleaned_data["code"] = digits_of(self.cleaned_data["code"])  # type: ignore[attr-defined]
        code: str = super().clean_code()  # type: ignore[misc]
        return code


class NewPhoneCodeForm(_Digits, VerifyPhoneForm):
    code = _code_field()


class NewEmailCodeForm(_Digits, ConfirmEmailVerificationCodeForm):
    code = _code_field()


class ResetCodeForm(_Digits, ConfirmPasswordResetCodeForm):
    code = _code_field()


class CodeForm(forms.Form):
    """`fits` says whether a code is right and raises RateLimited when it was asked too often."""

    code = _code_field()

    def __init__(self, *args: Any, fits: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fits = fits

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        try:
            right = self._fits(typed)
        except RateLimited:
            raise ValidationError(TOO_OFTEN, code="too_often") from None
        if not right:
            raise ValidationError(
                _("This code is not right. Look at the newest message; a code works once, for 10 minutes."),
                code="incorrect_code",
            )
        return typed


class PasswordForm(LoginForm):
    """A number or address with its password: for work accounts, and for borrowers who set one."""

    password = PasswordField(label=_("Password"), autocomplete="current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = IdentifierField()
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password"])

    def _setup_password_field(self) -> None:
        """allauth would take the field away, because nobody signs up with a password here."""

    def clean_login(self) -> str:
        self._identifier: Identifier = self.cleaned_data["login"]
        return self._identifier.value

    def user_credentials(self) -> dict[str, str]:
        return {self._identifier.kind: self._identifier.value, "password": self.cleaned_data["password"]}


class EmailProofForm(forms.Form):
    email = forms.EmailField(
        label=_("Your e-mail address here"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("If it is the address of this account, a code arrives there in a moment."),
    )


class ProofForm(forms.Form):
    """One more thing only this person has."""

    proof = forms.CharField(
        label=_("Code from the e-mail, recovery code, or password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, accepts: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._accepts = accepts

    def clean_proof(self) -> str:
        typed: str = self.cleaned_data["proof"]
        try:
            right = self._accepts(typed)
        except RateLimited:
            raise ValidationError(TOO_OFTEN, code="too_often") from None
        if not right:
            raise ValidationError(
                _("This did not fit. Check it once more, or choose another way below."), code="unfit"
            )
        return typed


class RecoveryForm(forms.Form):
    code = forms.CharField(
        label=_("Your recovery code"),
        max_length=60,
        help_text=_("16 digits that you wrote down. Spaces do not matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class NameForm(forms.Form):
    """What lenders are shown. The rules of a name are the action's."""

    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As the lender has it, so that it finds your account. Only lenders you send to see it."),
        error_messages={"required": _("Write your name as the lender has it.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class AddPasskeyForm(AddWebAuthnForm):
    """A borrower's passkey opens the account by itself unless they say otherwise; a member of staff's is a second
    factor and nothing more."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].label = _("What do you call this device?")
        if self.user.role in access.STAFF_ROLES:
            del self.fields["passwordless"]
            return
        self.fields["passwordless"] = forms.BooleanField(
            label=_("I want to sign in with this passkey alone"),
            help_text=_("Your device then asks for your fingerprint, face or PIN."),
            required=False,
            initial=True,
        )
