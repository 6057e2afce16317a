"""The domain needs no Django. Where this run did not load it, nothing may load it later.

`tests/guards/test_domain_needs_no_django.py` runs this folder in such a process.
"""

import importlib.abc
import sys
from collections.abc import Sequence
from types import ModuleType

OUTSIDE = {"django", "celery", "allauth", "babel", "psycopg2", "redis", "phonenumbers", "cryptography"}


class Refusing(importlib.abc.MetaPathFinder):
    """Refuses every package that a pure module has no business with."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        if fullname.partition(".")[0] in OUTSIDE:
            raise ModuleNotFoundError(
                f"{fullname}: the domain needs only the standard library", name=fullname
            )


if "django" not in sys.modules:
    sys.meta_path.insert(0, Refusing())
