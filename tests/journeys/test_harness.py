"""The browser harness itself: what it promises to see, it sees."""

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

GOOD = "<!doctype html><html lang=en><title>Planted</title><main><h1>Planted</h1>{}</main></html>"
POLICY = {"Content-Security-Policy": "default-src 'self'"}


def planted(page, site, body: str, **headers: str) -> None:
    html = GOOD.format(body)
    page.route(
        "**/planted", lambda route: route.fulfill(body=html, content_type="text/html", headers=headers)
    )
    page.goto(f"{site.url}/planted")


def seen(log) -> str:
    """What the log holds, taken out of it, so that this test may pass."""
    problems, log.problems = log.problems, []
    return "\n".join(problems)


@pytest.mark.parametrize(
    ("body", "headers", "finding"),
    [
        ('<p style="color:red">x</p>', POLICY, "style-src"),
        ("<script>1</script>", POLICY, "script-src"),
        ('<img alt="" src="http://localhost:9/x.png">', {}, "a request left the site"),
        ("<script>nowhere()</script>", {}, "page error"),
        ('<img alt="" src="/static/nowhere.png">', {}, "404"),
    ],
)
def test_the_log_sees(body, headers, finding, page, site, log) -> None:
    planted(page, site, body, **headers)
    page.wait_for_load_state("networkidle")
    assert finding in seen(log)


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ('<img src="/static/x.png">', "image-alt"),
        ('<p style="color:#ccc;background:#fff">pale</p>', "color-contrast"),
        ('<button style="width:9px;height:9px;padding:0">a</button>' * 3, "target-size"),
        ('<div style="width:900px">wide</div>', "px too wide"),
        ("<h3>skipped</h3>", "h1 is followed by h3"),
        ("<h1>again</h1>", "2 h1"),
    ],
)
def test_a_look_sees(body, finding, page, site, look, log) -> None:
    planted(page, site, body)
    with pytest.raises(AssertionError) as failure:
        look(page)
    seen(log)
    assert finding in str(failure.value)
