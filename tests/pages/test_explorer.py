"""The explorer shows any two agents side by side; it is opened from disk, without a network."""

import re

import pytest

from explorer_pages import PARTS, small_study

HOSTILE = "</script><script>throw 1</script>"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study with two levels and another expert, whose name would end the page's script."""
    folder = tmp_path_factory.mktemp("explorer")
    return small_study(folder, levels=(0, 40), peers=(HOSTILE,))


@pytest.fixture
def opened(show):
    """Open a page and wait until it is ready: `opened(path, words, width, height)`."""

    def open_page(path, width=1280, height=800):
        page = show(path, width, height)
        until(page, "window.explorer.ready")
        return page

    return open_page


def until(page, condition):
    """Wait until a condition of the page holds; the page's own policy forbids Playwright's way."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} does not come true")


def picture(page, canvas):
    return page.evaluate("(id) => document.getElementById(id).toDataURL()", canvas)


def moment(page):
    return page.evaluate("explorer.state.x")


def chosen(page):
    return page.evaluate("explorer.state.keys")


def test_the_page_opens_with_the_first_expert_beside_the_drawn_clone(opened, study):
    path, data = study
    page = opened(path)
    assert chosen(page)["a"] == "walks/-1/-1"
    beside = next(a for a in data["agents"] if a["key"] == chosen(page)["b"])
    assert beside["level"] == 40
    assert beside["median"]
    assert page.evaluate("performance.now()") < 3000


def test_playing_moves_the_bodies_the_dots_and_the_cursor(opened, study):
    page = opened(study[0])
    moving = ("body_a", "body_b", "dots")
    before = {name: picture(page, name) for name in moving}
    cursor = page.locator("#cursor").get_attribute("style")
    page.click("#play")
    until(page, "explorer.frames > 10")
    page.click("#play")
    assert moment(page) > 0
    assert page.locator("#cursor").get_attribute("style") != cursor
    for name in moving:
        assert picture(page, name) != before[name], name
    stopped = moment(page)
    page.wait_for_timeout(100)
    assert moment(page) == stopped


def test_another_agent_changes_all_that_is_drawn_of_it_and_nothing_of_the_expert(opened, study):
    page = opened(study[0])
    page.select_option("#align", "time")
    names = ("body_b", "heat_b", "similarity", "spectra", "map")
    before, expert = {n: picture(page, n) for n in names}, picture(page, "heat_a")
    page.select_option("#other", label=HOSTILE)
    until(page, "pair.b.level === -1 && pair.difference !== undefined")
    assert page.locator("#number_label").is_hidden()
    for name in names:
        assert picture(page, name) != before[name], name
    assert picture(page, "heat_a") == expert
    page.select_option("#other", label="noise 0 %")
    until(page, "pair.b.level === 0 && pair.difference !== undefined")
    first = picture(page, "heat_b")
    other = 1 - page.evaluate("pair.b.clone")
    page.select_option("#number", f"walks/0/{other}")
    until(page, f"pair.b.clone === {other} && pair.difference !== undefined")
    assert picture(page, "heat_b") != first
    assert picture(page, "heat_a") == expert


def test_a_click_on_the_map_goes_to_the_nearest_moment_there(opened, study):
    page = opened(study[0])
    page.select_option("#align", "time")
    place = page.evaluate(
        "onMap(pair.layout, document.getElementById('map').clientWidth,"
        " pair.paths.a[0][100], pair.paths.a[1][100])"
    )
    page.click("#map", position={"x": place[0], "y": place[1]})
    there = page.evaluate(
        "(x) => ['a', 'b'].map((who) => { const s = Math.round(sampleAt(pair[who], x, 'time'));"
        " return onMap(pair.layout, document.getElementById('map').clientWidth,"
        " pair.paths[who][0][s], pair.paths[who][1][s]); })",
        moment(page),
    )
    nearest = min(abs(x - place[0]) + abs(y - place[1]) for x, y in there)
    assert nearest <= 2


def test_the_map_has_the_regions_of_the_table(opened, study):
    page = opened(study[0])
    drawn = set(page.evaluate("[...pair.regions]"))
    assert drawn == set(range(len(drawn)))
    assert len(drawn) > 3
    text = page.inner_text("#region")
    assert re.fullmatch(r"walks: (region \d+|outside), beside it: (region \d+|outside)", text)


def test_keys_play_step_and_jump(opened, study):
    page = opened(study[0])
    page.keyboard.press("Home")
    start = moment(page)
    page.keyboard.press("ArrowRight")
    one = moment(page) - start
    assert one > 0
    page.keyboard.press("Shift+ArrowRight")
    assert moment(page) - start == pytest.approx(1 + one, abs=0.02)
    page.keyboard.press("Space")
    until(page, "explorer.frames > 2")
    page.keyboard.press("Space")
    assert not page.evaluate("explorer.state.playing")
    page.keyboard.press("d")
    values = page.evaluate("pair.difference")
    assert moment(page) == pytest.approx(
        values["xs"][values["values"].index(max(values["values"]))]
    )
    page.keyboard.press("a")
    assert page.locator("#align").input_value() == "time"
    before = chosen(page)["b"]
    page.keyboard.press("ArrowDown")
    until(page, f"explorer.state.keys.b !== '{before}'")


def test_aligned_by_phase_both_agents_are_in_the_same_phase_of_their_strides(opened, study):
    page = opened(study[0])
    for x in (0.25, 2.5):
        phases = page.evaluate(
            "(x) => ['a', 'b'].map((who) => { const agent = pair[who];"
            " const t = timeOf(agent, x, 'phase') + agent.start;"
            " const s = agent.strides.find((s) => s.foot === agent.foot && s.start <= t"
            " && t < s.start + s.seconds); return (t - s.start) / s.seconds; })",
            x,
        )
        assert phases == pytest.approx([x % 1, x % 1], abs=1e-3)
    page.select_option("#align", "time")
    times = page.evaluate("['a', 'b'].map((who) => timeOf(pair[who], 1.5, 'time'))")
    assert times == [1.5, 1.5]


def test_a_click_selects_a_stride_and_a_unit(opened, study):
    page = opened(study[0])
    page.click("#strides", position={"x": 500, "y": 8})
    text = page.inner_text("#stride_text")
    assert re.search(r"walks, right foot: 0\.80 s, 1\.60 m, 2\.00 m/s", text)
    begun = page.evaluate("explorer.state.stride.stride.start - pair.a.start")
    assert page.evaluate("timeOf(pair.a, explorer.state.x, 'phase')") == pytest.approx(
        begun, abs=1e-3
    )
    before = picture(page, "unit")
    page.click("#heat_b", position={"x": 500, "y": 30})
    assert re.search(
        r"clone \d: unit \d+ fires around phase 0\.\d\d", page.inner_text("#unit_text")
    )
    assert picture(page, "unit") != before
    page.keyboard.press("Escape")
    assert page.inner_text("#unit_text") == "Click on a unit of a heat map to select it."


def test_the_address_keeps_the_choice_and_the_moment(opened, study):
    page = opened(study[0])
    page.keyboard.press("Home")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.select_option("#layer", "mean_linear")
    until(page, "location.hash.includes('mean_linear')")
    before, address = moment(page), page.evaluate("location.hash")
    page.goto("about:blank")
    page.goto(study[0].resolve().as_uri() + address)
    until(page, "window.explorer.ready")
    assert moment(page) == pytest.approx(before, abs=1e-3)
    assert page.locator("#layer").input_value() == "mean_linear"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_overlaps_and_nothing_is_cut_off(opened, study, width, height):
    page = opened(study[0], width, height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    overlaps = page.evaluate(
        """() => {
          const seen = ['.controls > *', '.stage > *', '.panel', 'aside > *', '.choice > *']
            .map((parts) => [...document.querySelectorAll(parts)].filter((e) => e.offsetParent));
          const found = [];
          for (const group of seen) for (const a of group) for (const b of group) {
            if (a === b) continue;
            const [p, q] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
            const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
            const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (wide > 1 && high > 1) found.push([a.id || a.className, b.id || b.className]);
          }
          return found;
        }"""
    )
    assert overlaps == []


def test_the_page_says_from_which_files_and_how_exact_the_numbers_are(opened, study):
    text = opened(study[0]).inner_text("#sources")
    assert "walks/-1/rollouts.npz" in text
    assert "tables/similarity.csv" in text
    assert "within 0.0008 %, units and spectra within 0.2 % of the range" in text


@pytest.mark.parametrize("body", ["hopper", "halfcheetah", "ant"])
def test_other_bodies_are_shown_with_their_feet_and_views(opened, tmp_path, body):
    path, data = small_study(tmp_path, body)
    page = opened(path)
    assert len(data["views"]) == (3 if body == "ant" else 1)
    assert len(page.evaluate("study.feet")) == {"hopper": 1, "halfcheetah": 2, "ant": 4}[body]
    before = picture(page, "body_b")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert picture(page, "body_b") != before


def test_a_clone_that_falls_at_once_is_shown_and_the_page_says_what_is_missing(opened, tmp_path):
    path, data = small_study(tmp_path, clones={"lengths": [1, 30], "falls": True})
    assert {a["count"] for a in data["agents"] if a["level"] == 40} == {1, 10}
    page = opened(path)
    for clone in ("0", "1"):
        page.select_option("#number", f"walks/40/{clone}")
        until(page, f"pair.b.clone === {clone} && pair.range")
        page.keyboard.press("End")
        assert "cannot be aligned by phase" in page.inner_text("#notice")
        assert "never walked for a whole segment" in page.inner_text("#spectra_text")
        assert "falls at the end of what is shown" in page.inner_text("#facts_b")
        assert page.locator("#align").is_disabled()


def test_an_expert_without_a_cycle_has_an_empty_map_and_no_phase(opened, tmp_path):
    from explorer_pages import agents_of, family, measures, similarity, write_page

    still = {"harmonics": (0.0,), "noise": 0.0, "duty": 0.0, "speed": 0.0}
    agents = agents_of("walks", -1, **still) + agents_of("walks", 40, **still)
    tables = {"measures": measures(agents), "similarity": similarity("walks", [40], 1, [])}
    path, data = write_page(tmp_path, agents, [family(tmp_path, "walks", agents)], tables)
    assert data["maps"] == {"walks": None}
    page = opened(path)
    assert "no period was found" in page.inner_text("#notice")
    assert page.inner_text("#region") == ""
    page.click("#map")
    page.click("#play")
    until(page, "explorer.frames > 2")
    assert moment(page) > 0


def test_the_page_loads_and_sends_nothing(study):
    path, _ = study
    page = path.read_text("utf-8")
    assert "default-src 'none'" in page
    assert page.count("<script") == page.count("</script>") == 2
    assert not re.search(r"https?://|src=|@import|url\(", page.split('id="data"')[0])
    code = "".join(part.read_text("utf-8") for part in PARTS.glob("*.js"))
    for sending in ("fetch(", "XMLHttpRequest", "WebSocket", "innerHTML", "eval(", "import("):
        assert sending not in code
