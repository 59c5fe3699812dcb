"""How large, how fast and how smooth the explorer is: python -m benchmarks.pages [PAGE].

Debian's Chromium, headless and without a network, opens the page of a finished study from disk at
1280 x 800. The page is ready when both agents are drawn. Then it plays for a few seconds, and the
frames that it draws are counted. The best of several turns counts, because other work on the
machine only adds to a time.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.table import Row, show

TURNS = 3
PLAYED = 3000
"""ms that the page plays in a turn."""
MEGABYTES, READY_SECONDS, FRAMES = 6.0, 3.0, 30.0
"""The bars: size, time until the page is ready, and frames a second."""


def turn(browser: Any, page: Path) -> tuple[float, float]:
    """Open the page; return the seconds until it is ready and the frames that it plays a second."""
    # Playwright waits by evaluating text, which the page's own policy forbids.
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    context.set_offline(True)
    shown = context.new_page()
    shown.goto(page.resolve().as_uri())
    shown.wait_for_function("window.explorer && explorer.ready")
    ready = shown.evaluate("performance.now()") / 1000
    shown.click("#play")
    begun = shown.evaluate("[performance.now(), explorer.frames]")
    shown.wait_for_timeout(PLAYED)
    ended = shown.evaluate("[performance.now(), explorer.frames]")
    context.close()
    return ready, 1000 * (ended[1] - begun[1]) / (ended[0] - begun[0])


def main() -> int:
    """Measure the page that the command line names and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = "results/walker2d/explorer.html"
    parser.add_argument("page", nargs="?", type=Path, default=Path(default), help=default)
    page = parser.parse_args().page
    program = shutil.which("chromium")
    if not page.is_file() or program is None:
        print(f"expected Chromium and the page {page}; install chromium and run the study")
        return 2
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        turns = [turn(browser, page) for _ in range(TURNS)]
        browser.close()
    size = page.stat().st_size / 1e6
    ready, frames = min(t[0] for t in turns), max(t[1] for t in turns)
    return show(
        [
            Row("size", f"{size:.1f} MB", "", "", f"{MEGABYTES:g} MB", size <= MEGABYTES),
            Row("ready", f"{ready:.1f} s", "", "", f"{READY_SECONDS:g} s", ready <= READY_SECONDS),
            Row("frames a second", f"{frames:.0f}", "", "", f"{FRAMES:g}", frames >= FRAMES),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
