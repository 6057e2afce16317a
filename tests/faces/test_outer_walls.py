"""What stands around every page: headers on any answer, a bound on any request, no demo on a real server."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import builders
from tests.guards.repository import ROOT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "status", "host"),
    [
        ("/", 301, "testserver"),
        ("/", 400, "elsewhere.test"),
        ("/no-such-page", 301, "testserver"),
        ("/static/no-such-file.css", 301, "testserver"),
    ],
)
def test_even_what_is_turned_away_at_the_door_carries_the_policy(settings, path, status, host):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client(raise_request_exception=False).get(path, headers={"host": host})
    assert answer.status_code == status
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/accounts/login/", "/debts/import", "/verify/"])
def test_no_request_fills_the_disk(client_for, settings, path):
    settings.LARGEST_UPLOAD = 100_000
    client = client_for(builders.a_borrower(), raise_request_exception=False)
    file = SimpleUploadedFile("list.csv", b"x" * 150_000)
    assert client.post(path, {"file": file}).status_code in (400, 413)


def test_a_file_of_twenty_megabytes_is_answered_in_words(client_for):
    client = client_for(builders.a_borrower())
    file = SimpleUploadedFile("list.csv", b"x" * 20 * 1024 * 1024)
    answer = client.post("/debts/import", {"file": file})
    assert answer.status_code == 200
    assert "1 MB" in answer.content.decode()
    assert settings.LARGEST_UPLOAD > 20 * 1024 * 1024


@pytest.mark.parametrize(
    "dangerous", [{"DEBUG": "0"}, {"ALLOWED_HOSTS": "steady.example"}, {"ALLOWED_HOSTS": "*"}]
)
def test_a_web_server_does_not_start_with_the_demo_in_the_open(tmp_path, dangerous):
    loopback = {"DEMO": "1", "DEBUG": "1", "ALLOWED_HOSTS": "127.0.0.1", "DATABASE_URL": ""}
    start = [sys.executable, "-W", "ignore", "-c", "import portal.wsgi"]

    def started(**variables):
        env = os.environ | loopback | {"VAR_DIR": str(tmp_path)} | variables
        return subprocess.run(start, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert started().returncode == 0
    refused = started(**dangerous)
    assert refused.returncode != 0
    assert "DEMO opens doors without a password" in refused.stderr
