"""What a person types to say who they are: a telephone number or an e-mail address, as people write them."""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

HOME = "CN"
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """`kind` is "phone" (value in E.164) or "email" (value in lower case)."""

    kind: str
    value: str


def read(typed: str) -> Identifier:
    """Raises ValidationError in words for the person; full-width characters and spaces are welcome."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if "@" in text:
        address = text.lower().replace("。", ".")
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(
                _("This e-mail address looks incomplete. For example: name@example.com"), code="invalid_email"
            ) from None
        return Identifier(kind="email", value=address)
    return Identifier(kind="phone", value=read_phone(text))


def read_phone(typed: str) -> str:
    """A mobile number in E.164. Without a country code it is a number of mainland China."""
    text = unicodedata.normalize("NFKC", typed).strip()
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _usable(number):
        raise ValidationError(
            _(
                "This does not look like a mobile number. A number in mainland China has 11 digits, "
                "for example 138 0013 8000. Elsewhere, start with + and the country code."
            ),
            code="invalid_phone",
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def spoken(phone: str) -> str:
    """E.164 as people write it at home: 138 0013 8000, or +44 … elsewhere; anything else as it is."""
    if not phone.startswith("+"):
        return phone
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return phone
    if phonenumbers.region_code_for_number(number) == HOME:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _usable(number: phonenumbers.PhoneNumber) -> bool:
    if number.country_code == phonenumbers.country_code_for_region(HOME):
        return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _MOBILE
    # Number plans abroad change faster than the table we carry: possible is enough, the code will tell.
    return bool(phonenumbers.is_possible_number(number))
