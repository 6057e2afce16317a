"""Signing in and the keys of an account: the pages allauth has not, or has otherwise."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import LoginByCodeStage, LoginStage
from allauth.account.views import ChangePhoneView, ConfirmLoginCodeView, LoginView, verify_phone
from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic.edit import FormView

from cases import identifiers
from cases.access import Permission, public, requires
from cases.accounts import CodeSignIn, StillYouStage
from cases.actions import people
from cases.domain.refusal import Refused
from cases.forms.accounts import (
    TOO_OFTEN,
    CodeForm,
    EmailProofForm,
    EntryForm,
    NameForm,
    PasswordForm,
    ProofForm,
    RecoveryForm,
)
from cases.models import User

# What was typed stays typed when a code has run out; it leaves the session as soon as it is shown.
_TYPED = "sign_in_as"


class _Entrance(NextRedirectMixin, RedirectAuthenticatedUserMixin):
    """A person on the way in who turns back finds the form again, not the page they came from."""

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: LoginStage) -> None:
        return None


class EntryView(_Entrance, FormView):
    """One field for everybody: known, unknown, and staff who took the wrong door get the same answer."""

    template_name = "account/login.html"
    form_class = EntryForm

    def get_initial(self) -> dict[str, Any]:
        return {"login": self.request.session.pop(_TYPED, "")}

    def form_valid(self, form: EntryForm) -> HttpResponse:
        try:
            CodeSignIn.begin(self.request, form.cleaned_data["login"])
        except RateLimited:
            form.add_error("login", TOO_OFTEN)
            return self.form_invalid(form)
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_confirm_login_code")))

    def get_success_url(self) -> Any:
        return self.get_next_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | get_entrance_context_data(self.request) | _ways(self)


@method_decorator(
    login_stage_required(stage=LoginByCodeStage.key, redirect_urlname="account_login"), name="dispatch"
)
@method_decorator(never_cache, name="dispatch")
class CodeView(ConfirmLoginCodeView):
    """The code, its resend, and the way back to correct the number."""

    _process: CodeSignIn

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.stage = request._login_stage
        typed = self.stage.state.get("phone") or self.stage.state.get("email") or ""
        process = CodeSignIn.resume(self.stage)
        if process is None:
            request.session[_TYPED] = _as_typed(typed)
            messages.warning(request, _("The code has run out. We can send a new one."))
            return redirect(self.passthrough_next_url(reverse("account_login")))
        self._process = process
        return FormView.dispatch(self, request, *args, **kwargs)

    def get_form_class(self) -> type[Form]:
        return Form if self._action == "resend" else CodeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = FormView.get_form_kwargs(self)
        if self._action != "resend":
            kwargs["fits"] = self._process.fits
        return kwargs

    def form_invalid(self, form: Form) -> HttpResponse:
        typed = self._process.identifier.value
        if self._process.record_invalid_attempt():
            return FormView.form_invalid(self, form)
        self.request.session[_TYPED] = _as_typed(typed)
        messages.error(
            self.request, _("Three codes were not right, so this one no longer works. We can send a new one.")
        )
        return redirect(self.passthrough_next_url(reverse("account_login")))

    def _resend_form_valid(self, form: Form) -> HttpResponse:
        try:
            self._process.resend()
        except RateLimited:
            messages.error(self.request, TOO_OFTEN)
        else:
            messages.success(self.request, _("A new code is on its way. Older codes no longer work."))
        return redirect(self.passthrough_next_url(reverse("account_confirm_login_code")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self._action == "resend":
            context["form"] = context["verify_form"] = CodeForm(fits=self._process.fits)
        context["sent_to"] = _as_typed(self._process.identifier.value)
        context["by_phone"] = self._process.identifier.kind == "phone"
        return context


class PasswordView(_Entrance, LoginView):
    """For work accounts, and for borrowers who chose a password."""

    template_name = "account/login_password.html"

    def get_form_class(self) -> type[PasswordForm]:
        return PasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | _ways(self)


@method_decorator(
    login_stage_required(stage=StillYouStage.key, redirect_urlname="account_login"), name="dispatch"
)
@method_decorator(never_cache, name="dispatch")
class StillYouView(NextRedirectMixin, FormView):
    """The number was silent for long. Nothing personal is shown until something more than the number is."""

    template_name = "account/still_you.html"
    form_class = ProofForm

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.stage = request._login_stage
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"accepts": self.stage.accepts}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action")
        if action == "email":
            return self._send_code()
        if action == "factor":
            return self._by_second_factor()
        if action == "not_mine":
            return self._not_mine()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: ProofForm) -> HttpResponse:
        record_authentication(self.request, self.stage.login.user, method="proof")
        return self.stage.exit()

    def form_invalid(self, form: Form) -> HttpResponse:
        self.stage.state["failed"] = self.stage.state.get("failed", 0) + 1
        if self.stage.state["failed"] >= 3:
            clear_login(self.request)
            messages.error(
                self.request, _("That did not fit three times. Please begin again, or ask us for help.")
            )
            return redirect("account_login")
        self.stage.keep()
        return super().form_invalid(form)

    def _send_code(self) -> HttpResponse:
        form = EmailProofForm(self.request.POST)
        if form.is_valid():
            try:
                self.stage.send_code(form.cleaned_data["email"])
            except RateLimited:
                form.add_error("email", TOO_OFTEN)
            else:
                messages.success(
                    self.request, _("If that is the address of this account, a code is on its way.")
                )
                return redirect("account_still_you")
        return self.render_to_response(
            self.get_context_data(form=ProofForm(accepts=self.stage.accepts), email_form=form)
        )

    def _by_second_factor(self) -> HttpResponse:
        if is_mfa_enabled(self.stage.login.user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]):
            return self.stage.exit()
        messages.warning(self.request, _("That way is not open here. Please try another one."))
        return redirect("account_still_you")

    def _not_mine(self) -> HttpResponse:
        """The number goes to its new owner with a fresh, empty account; the old account stays where it is."""
        # The number whose code was right, not whatever the account has by now.
        phone = self.stage.login.phone or ""
        try:
            people.release_phone(by=None, person=self.stage.login.user, phone=phone)
        except Refused as refused:
            clear_login(self.request)
            messages.warning(self.request, str(refused))
            return redirect("account_login")
        clear_login(self.request)
        person = people.sign_up(phone=phone, language=self.request.LANGUAGE_CODE)
        record_authentication(self.request, person, method="code", phone=phone)
        return perform_login(self.request, Login(user=person, phone=phone, signup=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("email_form", EmailProofForm())
        return super().get_context_data(**kwargs)


class RecoverView(_Entrance, FormView):
    """The telephone is gone. The ways back, and the one for those who wrote down their recovery code."""

    template_name = "account/recover.html"
    form_class = RecoveryForm

    def form_valid(self, form: RecoveryForm) -> HttpResponse:
        if not ratelimit.consume(self.request, app="allauth.account", action="recover"):
            form.add_error("code", TOO_OFTEN)
            return self.form_invalid(form)
        try:
            person = people.use_recovery_code(by=None, code=form.cleaned_data["code"])
        except Refused as refused:
            form.add_error("code", str(refused))
            return self.form_invalid(form)
        record_authentication(self.request, person, method="recovery")
        messages.info(
            self.request, _("Welcome back. Add your new number now, then write down a new recovery code.")
        )
        return perform_login(self.request, Login(user=person, redirect_url=reverse("account_change_phone")))

    def get_success_url(self) -> Any:
        return self.get_next_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | get_entrance_context_data(self.request) | _ways(self)


class PhoneView(ChangePhoneView):
    """allauth's page, with a sentence where it would stumble over its own limit."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return super().form_valid(form)
        except RateLimited:
            form.add_error("phone", TOO_OFTEN)
            return self.form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if context["phone"]:
            context["phone"] = identifiers.spoken(context["phone"])
        return context


@requires(Permission.FILE_KEEP)
def recovery_code(request: HttpRequest) -> HttpResponse:
    """Make a recovery code. It is on the page that answers the press of the button, and nowhere after that."""
    person = _person(request)
    code = people.make_recovery_code(by=person) if request.method == "POST" else ""
    groups = [code[at : at + 4] for at in range(0, len(code), 4)]
    return render(
        request, "account/recovery_code.html", {"groups": groups, "made_at": person.recovery_made_at}
    )


@requires(Permission.FILE_KEEP)
def name(request: HttpRequest) -> HttpResponse:
    """The name that lenders are shown."""
    person = _person(request)
    form = NameForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        try:
            people.name_oneself(by=person, name=form.cleaned_data["name"])
            return redirect("account_keys")
        except Refused as refused:
            form.add_error("name", str(refused))
    return render(request, "account/name.html", {"form": form}, status=422 if form.errors else 200)


@requires(Permission.ACCOUNT)
def keys(request: HttpRequest) -> HttpResponse:
    """How one signs in: number, e-mail, password, passkeys, recovery code, other devices."""
    person = _person(request)
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    return render(
        request,
        "account/keys.html",
        {
            "borrower": person.may(Permission.FILE_KEEP),
            "name": person.name,
            "phone": identifiers.spoken(person.phone) if person.phone else "",
            "emails": EmailAddress.objects.filter(user=person).order_by("-primary", "email"),
            "has_password": person.has_usable_password(),
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
            "has_app": Authenticator.Type.TOTP in kinds,
        },
    )


@public
def to_entry(request: HttpRequest) -> HttpResponse:
    """Signing up and signing in are one page here."""
    query = request.META.get("QUERY_STRING", "")
    return redirect(reverse("account_login") + (f"?{query}" if query else ""))


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _as_typed(value: str) -> str:
    return identifiers.spoken(value) if value.startswith("+") else value


def _ways(view: NextRedirectMixin) -> dict[str, str]:
    return {
        "password_url": view.passthrough_next_url(reverse("account_password_login")),
        "recover_url": reverse("account_recover"),
    }


entry = public(EntryView.as_view())
confirm_code = public(CodeView.as_view())
password = public(PasswordView.as_view())
still_you = public(StillYouView.as_view())
recover = public(RecoverView.as_view())
change_phone = requires(Permission.CONTACT_TERMS)(PhoneView.as_view())
verify_new_phone = requires(Permission.CONTACT_TERMS)(verify_phone)
# allauth serves it to visitors who sign up; ours have shown their number before they are anybody.
verify_new_phone.login_required = True  # type: ignore[attr-defined]
