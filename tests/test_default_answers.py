"""The pages say what the table of claims of the default study says."""

import pytest

from brainiarb.statistics.answers import read_rows, summary
from docs.default_answers import PAGES, TABLE, filled

ROWS = read_rows(str(TABLE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_and_table_agree(page):
    text = page.read_text("utf-8")
    assert filled(text, PAGES[page], ROWS) == text


def test_a_page_is_written_between_its_markers_only():
    page = "before\n<!-- answers -->\nold\n<!-- /answers -->\nafter"
    written = filled(page, {"answers": summary}, ROWS)
    assert written.startswith("before\n<!-- answers -->\n\n| claim |")
    assert written.endswith("|\n\n<!-- /answers -->\nafter")
    assert "old" not in written


def test_a_page_without_markers_is_refused():
    with pytest.raises(SystemExit, match="expected <!-- answers -->"):
        filled("nothing", {"answers": summary}, ROWS)
