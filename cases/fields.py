"""Personal text is encrypted in the database; a keyed hash beside it makes it findable.

The keys come from settings (`FIELD_KEYS`, newest first; `INDEX_KEY`), so that rotating the
field key is: put the new key in front, re-save, drop the old one.
"""

import functools
import hashlib
import hmac
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@functools.cache
def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(clear: str) -> str:
    return _cipher().encrypt(clear.encode()).decode()


def decrypt(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of FIELD_KEYS fits."""
    return _cipher().decrypt(sealed.encode()).decode()


def blind_index(clear: str) -> str:
    """HMAC-SHA256 in hex: equal inputs meet, nobody without the key can guess back."""
    return hmac.new(settings.INDEX_KEY.encode(), clear.encode(), hashlib.sha256).hexdigest()


class EncryptedTextField(models.TextField):
    """Text that is ciphertext in the database. Empty stays empty; lookups by value find nothing."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return decrypt(value) if value else value
