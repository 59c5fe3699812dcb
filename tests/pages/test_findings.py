"""The page of findings: it says what the tables say, in a form that everybody can read."""

import copy
import re
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from brainiarb.statistics.answers import estimate, read_deciding
from brainiarb.statistics.ledger import SUPPORTED, UNTESTABLE
from claim_tables import LEDGER
from study_pages import PROVENANCE, REPORT, page_of, write_methods, write_study

EMPTY = {"meta", "br", "image", "rect", "path", "circle", "use", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """The elements of a page as (name, attributes), and the text in each `details` by its id."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for tag, name in self.open:
            if tag == "details" and name:
                self.texts[name] = f"{self.texts.get(name, '')} {' '.join(data.split())}"

    def named(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a study of five experts, without some of its figures."""
    folder = tmp_path_factory.mktemp("pages") / "walker2d"
    return page_of(folder, write_study(folder))


@pytest.fixture(scope="module")
def read(page):
    return Reader(page.read_text("utf-8"))


# ---- what it says


def test_every_answer_stands_on_the_page_as_in_the_table(page, read):
    rows = read_deciding(str(page.parent / "tables/claims.csv"))
    assert len(rows) > 20
    for row in rows:
        said = read.texts[row["id"]]
        for text in (estimate(row), row["claim"], row["hypothesis"], row["answer"], row["reason"]):
            assert " ".join(text.split()) in said.replace("\u2212", "-")


def test_the_replication_says_published_reproduced_and_corrected_of_every_deciding_row(page):
    section = re.search(r'<section id="replication".*?</section>', page.read_text("utf-8"), re.S)[0]
    cells = [re.findall(r"<td.*?>(.*?)</td>", row, re.S) for row in section.split("<tr>")[2:]]
    rows = read_deciding(str(page.parent / "tables/claims.csv"))
    of_study = [row for row in rows if row["exploratory"] == "False"]
    assert len(cells) == len(of_study)
    said = [" ".join(re.sub(r"<.*?>", "", " ".join(row)).split()) for row in cells]
    for row, text in zip(of_study, said, strict=True):
        assert estimate(row).replace("-", "\u2212") in text
        assert text.endswith(row["verdict"])
        parts = [
            part for part in of_study if (part["id"], part["level"]) == (row["id"], row["level"])
        ]
        assert (row["measure"] in text) == (len(parts) > 1)
    (of_c4a,) = (
        t
        for t, row in zip(said, of_study, strict=True)
        if row["id"] == "C4a" and row["level"] == "80"
    )
    assert of_c4a.startswith("80&nbsp;% 0.06 no value nothing")


def test_verdicts_about_methods_stand_under_their_own_heading_and_count_as_none_of_the_study(
    page, read, tmp_path
):
    folder = tmp_path / "walker2d"
    experts = write_study(folder)
    write_methods(folder)
    text = page_of(folder, experts).read_text("utf-8")
    said = Reader(text).texts
    rows = read_deciding(str(folder / "tables/offline_claims.csv"))
    assert {row["id"] for row in rows} == {*said} - {*read.texts}
    for row in rows:
        for shown in (estimate(row), row["hypothesis"], row["verdict"], f"by {row['method']}"):
            assert " ".join(shown.split()) in said[row["id"]].replace("\u2212", "-")
    heading = "Is it the method, the data or the copy?"
    assert text.index('id="C1"') < text.index(heading) < text.index('id="method_network_iql"')
    assert "The study says" not in said["copy_gait"]
    alone = page.read_text("utf-8")
    assert heading not in alone
    tallies = [re.search(r'<ul class="tally">.*?</ul>', x, re.S)[0] for x in (text, alone)]
    assert tallies[0] == tallies[1]


def test_a_claim_about_a_method_points_to_the_clones_that_it_compares(tmp_path):
    folder = tmp_path / "walker2d"
    experts = write_study(folder, figures=())
    write_methods(folder)
    said = Reader(page_of(folder, experts).read_text("utf-8")).texts["method_network_td3bc"]
    found = re.search(r"at 80 % .* the lines ([\d, to]+) of tables/offline_measures", said)[1]
    spans = [[int(x) for x in span.split(" to ")] for span in found.split(", ")]
    lines = (folder / "tables/offline_measures.csv").read_text("utf-8").splitlines()
    named = {
        lines[n - 1].split(",")[3]
        for first, *last in spans
        for n in range(first, (last or [first])[0] + 1)
    }
    assert named == {"bc", "td3bc"}


def test_a_changed_number_in_a_table_changes_the_page(page, tmp_path):
    folder = tmp_path / "walker2d"
    experts = write_study(folder)
    table = pd.read_csv(folder / "tables/claims.csv")
    chosen = (table["id"] == "C4a") & (table["level"] == 80)
    table.loc[chosen, ["estimate", "verdict"]] = [0.76543, UNTESTABLE]
    table.to_csv(folder / "tables/claims.csv", index=False)
    said = Reader(page_of(folder, experts).read_text("utf-8")).texts["C4a"]
    assert "0.765" in said
    assert UNTESTABLE in said
    assert "0.765" not in page.read_text("utf-8")


def test_no_number_is_typed_in_the_template():
    files = ("findings.html", "page_parts.html")
    template = "".join((REPORT / name).read_text("utf-8") for name in files)
    template = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<style.*?</style>", "", template, flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", "", template)
    assert "How to cite" in words
    assert re.findall(r"\d", words) == []


def test_a_claim_points_to_the_lines_of_the_tables_that_it_is_from(page, read):
    claims = (page.parent / "tables/claims.csv").read_text("utf-8").splitlines()
    first, last = re.search(
        r"the lines (\d+) to (\d+) of tables/claims", read.texts["C4a"]
    ).groups()
    numbered = {n for n, line in enumerate(claims, 1) if line.startswith("C4a,")}
    assert numbered == set(range(int(first), int(last) + 1))
    measures = (page.parent / "tables/measures.csv").read_text("utf-8").splitlines()
    found = re.search(
        r"net_flux at 80 % .* the lines ([\d, to]+) of tables/meas", read.texts["C4a"]
    )
    line = int(found[1].split()[0])
    assert ",80,0,net_flux," in measures[line - 1]
    assert "map_gaits.py" in read.texts["C4a"]


def test_a_figure_that_is_not_drawn_is_told_with_the_command_that_draws_it(read):
    assert "fig_transitions is not drawn in this study" in read.texts["C4a"]
    assert "--configfile my_study.yaml -- " in read.texts["C4a"]
    assert "not drawn" not in read.texts["C1"]


def test_the_same_study_gives_the_same_page(page, tmp_path):
    again = page_of(page.parent, [f"expert_{number}" for number in range(5)])
    text = page.read_text("utf-8")
    assert again.read_text("utf-8") == text


@pytest.mark.parametrize("body", ["hopper", "halfcheetah"])
def test_a_study_of_one_expert_and_one_level_has_a_page(body, tmp_path):
    folder = tmp_path / body
    experts = write_study(folder, experts=1, figures=())
    text = page_of(folder, experts, levels=(0,), body=body).read_text("utf-8")
    assert "conditional on this expert" in text
    assert f"clones of 1 expert of the body <b>{body}</b>" in text


def test_a_body_that_is_described_has_the_name_of_its_folder(tmp_path):
    folder = tmp_path / "gymnasium_swimmer"
    described = '{"gymnasium": "Swimmer-v5"}'
    text = page_of(folder, write_study(folder, 1, figures=()), body=described).read_text("utf-8")
    assert "of the body <b>gymnasium_swimmer</b>" in text
    assert "Swimmer-v5" not in text


@pytest.mark.parametrize(
    ("meaning", "said"),
    [
        ("executed", "Noise is added to the actions and is uniform"),
        ("observation", "Noise on observations is normal"),
    ],
)
def test_the_methods_say_what_the_noise_is(meaning, said, tmp_path):
    folder = tmp_path / "walker2d"
    experts = write_study(folder, experts=1, figures=())
    assert said in page_of(folder, experts, meaning=meaning).read_text("utf-8")


def test_what_nobody_recorded_is_said(tmp_path):
    folder = tmp_path / "walker2d"
    experts = write_study(folder, experts=1, figures=())
    (folder / "tables/learning_curves.csv").write_text("expert,algorithm\n", "utf-8")
    unknown = {**PROVENANCE, "commit": None, "command": None}
    text = page_of(folder, experts, provenance=unknown).read_text("utf-8")
    assert "not recorded" in text
    assert "the code is in no repository" in text


# ---- how it is built


def test_it_has_one_title_no_skipped_heading_and_a_language(read):
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    steps = [after - before for before, after in pairwise(levels)]
    assert max(steps) == 1
    assert read.named("html") == [{"lang": "en"}]
    assert read.open == []


def test_every_picture_is_described_and_every_link_within_the_page_leads_somewhere(read):
    pictures = [a for a in read.named("svg", "img") if a.get("aria-hidden") != "true"]
    assert len(pictures) == 3
    assert all(picture.get("aria-label") or picture.get("alt") for picture in pictures)
    names = [a["id"] for _, a in read.elements if "id" in a]
    assert len(names) == len(set(names))
    links = [a["href"] for a in read.named("a", "use") if a["href"].startswith("#")]
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_it_needs_no_other_file_and_no_script(page, read):
    assert read.named("script", "link", "iframe", "object") == []
    sources = [a.get("src") or a["href"] for a in read.named("img", "image")]
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert not re.search(r"url\(|@import", (REPORT / "findings.css").read_text("utf-8"))
    linked = {a["href"] for a in read.named("a") if a["href"].startswith(("tables", "figures"))}
    assert {name for name in linked if not (page.parent / name).exists()} == set()


def test_a_verdict_is_a_word_and_a_shape_of_its_own(page):
    marks = re.findall(r'href="#mark-(\w+)"/></svg>([a-z ]+)</span>', page.read_text("utf-8"))
    assert len(set(marks)) == 4
    assert len({mark for mark, _ in marks}) == len({word for _, word in marks}) == 4
    assert ("circle", SUPPORTED) in marks


def test_text_from_the_config_and_from_the_claims_is_escaped(tmp_path):
    evil = "<script>alert('a')</script><img src=x onerror=alert(1)>"
    ledger = copy.deepcopy(LEDGER)
    ledger["claims"]["C1"].update(says=evil, hypothesis=evil, section=evil)
    ledger["claims"]["C1"]["published"] = {"found": evil, "absent": evil}
    folder = tmp_path / "<script>&amp;" / "walker2d"
    experts = write_study(folder, experts=2, ledger=ledger)
    evil_run = {**PROVENANCE, "command": f"snakemake --config 'results={evil}'"}
    text = page_of(folder, experts, provenance=evil_run).read_text("utf-8")
    read = Reader(text)
    assert read.named("script", "img") == []
    assert "<script>alert('a')</script>" in read.texts["C1"]


# ---- how it looks

CONTRASTS = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
      const pair = [parts(getComputedStyle(e).color), behind(e)].map(light).sort((a, b) => b - a);
      return [e.textContent.trim().slice(0, 40), (pair[0] + 0.05) / (pair[1] + 0.05)];
    });
}"""


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_is_wider_than_the_screen_or_hides_another_thing(show, page, width, height):
    shown = show(page, width, height)
    shown.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = """() => [...document.querySelectorAll(".claim > summary")].flatMap(row => {
      const boxes = [...row.children].map(e => e.getBoundingClientRect()).filter(b => b.width);
      return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => a.left < b.right - 1
        && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
    }).length"""
    assert shown.evaluate(overlaps) == 0


def test_the_question_and_the_first_claims_stand_on_the_first_screen(show, page):
    shown = show(page, 1280, 800)
    for place in ("h1", ".tally", "#studied h2", "#C4b > summary"):
        box = shown.locator(place).bounding_box()
        assert box["y"] + box["height"] <= 800


def test_all_text_has_the_contrast_that_wcag_aa_asks_for(show, page):
    ratios = show(page).evaluate(CONTRASTS)
    assert len(ratios) > 100
    assert [(text, ratio) for text, ratio in ratios if ratio < 4.5] == []


def test_every_claim_is_printed_open(show, page):
    shown = show(page)
    closed = shown.evaluate("document.documentElement.scrollHeight")
    assert not shown.locator("#C1 .why").is_visible()
    shown.emulate_media(media="print")
    assert shown.locator("#C1 .why").bounding_box()["height"] > 300
    assert shown.evaluate("document.documentElement.scrollHeight") > 2 * closed


def test_a_claim_opens_without_javascript(show, page):
    shown = show(page, java_script_enabled=False)
    why = shown.locator("#C1 .why")
    assert not why.is_visible()
    shown.locator("#C1 > summary").click()
    assert why.is_visible()
    assert shown.locator("#C1 figure svg.picture").bounding_box()["width"] > 400
