"""The README's pictures, from a demo started for them: `make screenshots`.

`python -m tests.screenshots --all FOLDER` takes every page of SHOTS at a phone's and a desk's width,
in light and dark, whole from top to bottom, for looking at beside the design.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import demo
from tests.browser import ARGUMENTS, executable

FOLDER = demo.ROOT / "docs" / "pictures"
PHONE, DESK = (390, 844), (1280, 800)


@dataclass(frozen=True)
class Shot:
    """One page: the door to go through, the address, what to click there, the size of the README's picture."""

    door: str = ""
    address: str = "/"
    click: str = ""
    size: tuple[int, int] = PHONE
    readme: bool = False


SHOTS = {
    "start": Shot(),
    "afford": Shot(address="/afford/"),
    "sign-in": Shot(address="/accounts/login/"),
    "doors": Shot(address="/demo/"),
    "outbox": Shot(address="/demo/outbox/"),
    "home": Shot(door="borrower", address="/home/"),
    "debts": Shot(door="borrower", address="/debts/"),
    "budget": Shot(door="borrower", address="/budget/"),
    "compare": Shot(door="borrower", address="/plans/", readme=True),
    "offers": Shot(door="borrower", address="/offers/"),
    "messages": Shot(door="borrower", address="/messages/", readme=True),
    "terms": Shot(door="borrower", address="/messages/terms"),
    "queue": Shot(door="officer", address="/officer/", size=DESK),
    "officer": Shot(
        door="officer", address="/officer/?show=theirs", click="table.queue tbody a", size=DESK, readme=True
    ),
    "offer": Shot(door="borrower", address="/home/", click="main .card a.button"),
    "agreement": Shot(door="borrower", address="/offers/", click='main a[href^="/agreements/"]'),
    "diary": Shot(door="borrower", address="/contacts/"),
    "diary-new": Shot(door="borrower", address="/contacts/new"),
    "complaints": Shot(door="borrower", address="/complaints/"),
    "payments": Shot(door="borrower", address="/payments/"),
    "privacy": Shot(door="borrower", address="/privacy/"),
    "verify": Shot(address="/verify/"),
    "quote": Shot(address="/tools/quote/"),
    "rates": Shot(address="/tools/rates/"),
    "help": Shot(address="/help/"),
    "reports": Shot(door="regulator", address="/reports/", size=DESK),
    "counted": Shot(door="regulator", address="/reports/complaints/", size=DESK),
    "rules": Shot(door="regulator", address="/rules/"),
}


def enter(page: Any, door: str) -> None:
    """Go through one of the demo's doors."""
    page.goto("/demo/")
    page.locator(f'form[action$="/{door}/"] button').click()
    page.wait_for_load_state()


def shoot(browser: Any, url: str, name: str, path: Path, *, whole: bool = False, **options: Any) -> None:
    shot = SHOTS[name]
    # A desk is shown smaller than it is; sharp enough, and light enough for a telephone.
    scale = 2 if options["viewport"]["width"] < DESK[0] else 1.5
    context = browser.new_context(base_url=url, device_scale_factor=scale, reduced_motion="reduce", **options)
    page = context.new_page()
    if shot.door:
        enter(page, shot.door)
    page.goto(shot.address)
    if shot.click:
        page.locator(shot.click).first.click()
        page.wait_for_load_state()
    page.screenshot(path=path, full_page=whole)
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
        for name, shot in SHOTS.items():
            if not chosen.all:
                if shot.readme:
                    view = {"viewport": {"width": shot.size[0], "height": shot.size[1]}, "locale": "zh-CN"}
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
                        whole=True,
                        color_scheme=scheme,
                        **view,
                    )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
