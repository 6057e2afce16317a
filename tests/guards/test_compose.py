"""The files that deploy Steady say what the settings read and what the tests run."""

import re
from pathlib import Path
from typing import Any

import yaml

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "reminders", "beat")
# Read by the settings, and right as they are in production.
LEFT_TO_DEFAULTS = {
    "DEBUG", "DEMO", "VAR_DIR", "STATIC_ROOT", "SSL_REDIRECT", "LOG_FORMAT", "EMAIL_BACKEND",
    "SMALL_CELL_THRESHOLD", "READY_LAG_SECONDS", "REPORTS_DATABASE_URL", "PUBLISH_LENDER_NAMES",
}  # fmt: skip


def variables_of_the_settings() -> set[str]:
    text = (ROOT / "portal/settings.py").read_text(encoding="utf-8")
    return set(re.findall(r"env\.(?:text|flag|words|number)\(\s*\"([A-Z_]+)\"", text))


def test_every_variable_given_is_one_that_the_settings_read() -> None:
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= variables_of_the_settings(), name


def test_every_variable_the_settings_need_is_given() -> None:
    known = set(SERVICES["web"]["environment"]) | LEFT_TO_DEFAULTS
    assert variables_of_the_settings() - known == set()


def test_secrets_have_no_default() -> None:
    for name in ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY", "LEDGER_KEY"):
        assert re.fullmatch(rf"\$\{{{name}:\?[^}}]+\}}", SERVICES["web"]["environment"][name])


def test_one_image_serves_web_worker_beat_and_migrations() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {"steady:${STEADY_VERSION:-local}"}


def test_every_service_that_stays_has_a_health_check() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}


def test_nothing_listens_outside_but_the_web_and_only_on_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_the_database_is_the_major_version_that_the_tests_run_on() -> None:
    version = int(SERVICES["database"]["image"].removeprefix("postgres:"))
    assert postgres.major_version() in {version, None}


def test_the_image_runs_as_nobody_special_and_from_the_hashed_lock() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER steady$", recipe, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in recipe
    assert "COPY . " not in recipe


def test_every_folder_the_site_needs_is_in_the_image() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for folder in ("portal", "cases", "repayment", "notices", "templates", "static", "locale"):
        assert f"COPY {folder} {folder}" in recipe


def test_a_variable_nobody_reads_would_be_noticed() -> None:
    assert "NOBODY_READS_THIS" not in variables_of_the_settings()
