"""The first command a newcomer runs: it opens, shows its doors, and leaves nothing behind."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

import psutil
import pytest

from tests import demo
from tests.processes import wait_until

pytestmark = pytest.mark.slow


def family(process) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def worker_of(story: demo.Demo, other_than: int = 0) -> psutil.Process | None:
    """The worker that the demo itself started (beat is the worker's child)."""
    for child in psutil.Process(story.process.pid).children():
        if child.pid != other_than and child.is_running() and "celery" in child.cmdline():
            return child
    return None


def visitor(story: demo.Demo, path: str, opener: urllib.request.OpenerDirector, **fields: str) -> str:
    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        with opener.open(f"{story.url}{path}", data=data, timeout=20) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        error.close()
        pytest.fail(f"{error.code} for {error.url}\n{story.words}")


def test_the_demo_opens_its_doors_and_ctrl_c_leaves_no_process_behind() -> None:
    # Patient, because a busy machine is no fault of the demo's; alone it opens in about half a minute.
    with demo.running(patience=240) as story:
        for role in ("borrower", "officer", "team_lead", "lender_admin", "regulator"):
            opener = urllib.request.build_opener(
                urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
            )
            page = visitor(story, "/demo/", opener)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
            assert "<h1" in visitor(story, f"/demo/doors/{role}/", opener, csrfmiddlewaretoken=token)
        first = worker_of(story)
        first.kill()
        wait_until(lambda: worker_of(story, other_than=first.pid) is not None, seconds=30)
        assert "<h1" in visitor(story, "/demo/", urllib.request.build_opener())
        children = family(story.process)
        assert len(children) >= 2
        story.interrupt()
        assert not [
            child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
        ]
