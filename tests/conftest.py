"""What all tests share. Nothing here imports Django at the top: `tests/domain` runs without it.

Fixtures for everybody:

- `client_for(user)` – a signed-in `django.test.Client`; staff are signed in with their second factor.
- `clock` – the business clock held at `builders.MORNING`, a Wednesday 10:05 in Beijing; `clock.set(…)`, `clock.advance(…)`.
- `site`, `page`, `look` – the live site in a real browser, see `tests/browser.py`.

Builders of rows live in `tests/builders.py`. A test that uses threads, processes or `site` needs
`@pytest.mark.django_db(transaction=True)`.
"""

import contextlib
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

# Machines are shared and slow at times: how long one example takes says nothing about what it found.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

if "django" in sys.modules:
    pytest_plugins = ["tests.browser"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run tests marked long (minutes of faults)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    # Left out by name of the command, not skipped: `make test-faults` runs them.
    kept = [item for item in items if "long" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "long" in item.keywords])
    items[:] = kept


if "django" in sys.modules:

    @pytest.fixture(scope="session", autouse=True)
    def _quick_passwords() -> Iterator[None]:
        from django.test.utils import override_settings

        with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
            yield

    @pytest.fixture(scope="session", autouse=True)
    def _reports_in_the_same_transaction() -> Iterator[None]:
        """A second connection would not see what a test has not committed; tests/faults/test_read_only.py uses it."""
        from django.test.utils import override_settings

        with override_settings(REPORTS_DATABASE="default"):
            yield

    @pytest.fixture(scope="session")
    def django_db_modify_db_settings() -> Iterator[None]:
        """Clean-up between tests empties append-only tables too: lift the guards just for that."""
        from django.db.backends.base.operations import BaseDatabaseOperations

        from cases import append_only

        original = BaseDatabaseOperations.execute_sql_flush

        def flush(operations: Any, statements: list[str]) -> None:
            append_only.disarm(operations.connection)
            try:
                original(operations, statements)
            finally:
                append_only.arm(operations.connection)
            assert append_only.armed(operations.connection), "The clean-up left history unguarded."

        BaseDatabaseOperations.execute_sql_flush = flush
        yield
        BaseDatabaseOperations.execute_sql_flush = original

    @pytest.fixture
    def client_for() -> Callable[..., Any]:
        """`client_for(user)` → a signed-in client; `second_factor=False` leaves staff half-way."""
        from tests.signing_in import client_for

        return client_for

    class Clock:
        """The business clock in the test's hand."""

        def __init__(self, stack: contextlib.ExitStack) -> None:
            from tests.builders import MORNING

            self._stack = stack
            self.set(MORNING)

        def set(self, instant: dt.datetime) -> dt.datetime:
            from cases import clock

            self._stack.enter_context(clock.fixed(instant))
            return instant

        def advance(self, **step: float) -> dt.datetime:
            """`clock.advance(days=1)`; steps as in `datetime.timedelta`."""
            return self.set(self.now + dt.timedelta(**step))

        @property
        def now(self) -> dt.datetime:
            from cases import clock

            return clock.now()

        @property
        def today(self) -> dt.date:
            from cases import clock

            return clock.today()

    @pytest.fixture
    def clock() -> Iterator[Clock]:
        with contextlib.ExitStack() as stack:
            yield Clock(stack)
