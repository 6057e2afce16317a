"""The README's pictures, from a demo started for them: `make screenshots`.

`python -m tests.screenshots --all FOLDER` takes every page of SHOTS at a phone's and a desk's width,
in light and dark, for looking at beside the design.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from tests import demo
from tests.browser import ARGUMENTS, executable

FOLDER = demo.ROOT / "docs" / "screenshots"
PHONE, DESK = (390, 844), (1280, 800)
# name → (door or "", address, size, in the README)
SHOTS: dict[str, tuple[str, str, tuple[int, int], bool]] = {
    "start": ("", "/", PHONE, False),
    "doors": ("", "/demo/", PHONE, False),
    "home": ("borrower", "/home/", PHONE, True),
    "queue": ("officer", "/home/", DESK, True),
    "outbox": ("", "/demo/outbox/", DESK, True),
    "reports": ("regulator", "/reports/", DESK, False),
    "rules": ("regulator", "/rules/", DESK, False),
}


def enter(page: Any, door: str) -> None:
    """Go through one of the demo's doors."""
    page.goto("/demo/")
    page.locator(f'form[action$="/{door}/"] button').click()
    page.wait_for_load_state()


def shoot(browser: Any, url: str, name: str, path: Path, **options: Any) -> None:
    door, address, _size, _readme = SHOTS[name]
    context = browser.new_context(base_url=url, device_scale_factor=2, reduced_motion="reduce", **options)
    page = context.new_page()
    if door:
        enter(page, door)
    if not door or address != "/home/":
        page.goto(address)
    page.screenshot(path=path, full_page=False)
    context.close()
    print(f"  {path}")


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, both widths, both schemes")
    chosen = parser.parse_args()
    program = executable()
    if program is None:
        print("This machine lacks a Chromium browser.", file=sys.stderr)
        return 1
    with demo.running(patience=240) as story, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        folder = chosen.all or FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for name, (_door, _address, size, readme) in SHOTS.items():
            if not chosen.all:
                if readme:
                    view = {"viewport": {"width": size[0], "height": size[1]}, "locale": "zh-CN"}
                    shoot(browser, story.url, name, folder / f"{name}.png", **view)
                continue
            for width, height in (PHONE, DESK):
                for scheme in ("light", "dark"):
                    view = {"viewport": {"width": width, "height": height}, "locale": "zh-CN"}
                    shoot(
                        browser,
                        story.url,
                        name,
                        folder / f"{name}-{width}-{scheme}.png",
                        color_scheme=scheme,
                        **view,
                    )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
