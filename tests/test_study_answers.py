"""The pages say what the tables of the published studies say."""

import pytest

from docs.study_answers import PAGES, controls, filled


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_and_table_agree(page):
    text = page.read_text("utf-8")
    assert filled(text, PAGES[page]) == text


def test_a_page_is_written_between_its_markers_only():
    page = "before\n<!-- answers -->\nold\n<!-- /answers -->\nafter"
    written = filled(page, {"answers": controls})
    assert written.startswith("before\n<!-- answers -->\n\n| compared |")
    assert written.endswith("|\n\n<!-- /answers -->\nafter")
    assert "old" not in written


def test_a_page_without_markers_is_refused():
    with pytest.raises(SystemExit, match="expected <!-- answers -->"):
        filled("nothing", {"answers": controls})
