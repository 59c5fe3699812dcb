"""A page in a real browser: Debian's Chromium, headless, without a network."""

import re
import shutil

import pytest

LOCAL = ("file:", "data:", "blob:", "about:")


@pytest.fixture(scope="module")
def browser():
    """Chromium; tests that need it are skipped where it or Playwright is missing."""
    # It ends with the module, because Snakemake runs an event loop of its own in other tests.
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def faults():
    """What a shown page did wrong, as texts."""
    return []


@pytest.fixture
def show(browser, faults):
    """Show a file: `show(path, width=1280, height=800)` returns Playwright's page of it.

    The network is off. After the test, no page may have had an error, a message on the console of
    the kind `error` or `warning`, or have asked for anything but files on this machine.
    """
    contexts = []

    def shown(path, width=1280, height=800, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_offline(True)
        context.route(re.compile("^(http|ws)"), lambda route: route.abort())
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("request", lambda asked: asked.url.startswith(LOCAL) or faults.append(asked.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
        page.goto(path.resolve().as_uri())
        return page

    yield shown
    for context in contexts:
        context.close()
    assert faults == []


def _is_fault(said):
    return said.type in ("error", "warning")
