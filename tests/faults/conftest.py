"""What has something to say only on PostgreSQL is left out by name on SQLite: `make test` and `make test-faults` run it there."""

import pytest
from django.db import connection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if connection.vendor == "postgresql":
        return
    left_out = [item for item in items if "postgres" in item.keywords]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
