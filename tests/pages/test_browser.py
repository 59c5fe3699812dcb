"""The browser of the tests sees what is wrong with a page."""

import pytest


def written(folder, body):
    path = folder / "page.html"
    path.write_text(f"<!doctype html><title>A page</title>{body}", encoding="utf-8")
    return path


def test_a_page_is_shown_at_the_size_that_is_asked_for(show, tmp_path):
    page = show(written(tmp_path, "<h1>A walker</h1>"), width=390, height=844)
    assert page.locator("h1").inner_text() == "A walker"
    assert page.evaluate("[innerWidth, innerHeight]") == [390, 844]


@pytest.mark.parametrize(
    "body",
    [
        "<script>throw new Error('broken')</script>",
        "<script>console.error('broken')</script>",
        "<img src='https://example.org/a.png' alt=''>",
        "<script src='missing.js'></script>",
    ],
)
def test_a_fault_of_a_page_is_noticed(show, faults, tmp_path, body):
    show(written(tmp_path, body)).wait_for_load_state()
    assert faults
    faults.clear()
