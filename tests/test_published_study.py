"""A published study: what is copied of it, and whether another one agrees with it."""

import shutil
import subprocess
from dataclasses import dataclass

import pytest
from PIL import Image

from brainiarb.errors import Refused
from brainiarb.jobs import commit
from conftest import ROOT
from docs import publish
from docs.compare_published import AGREES, DIFFERS, NAMED, compare, main, outcome, questions

TABLE = ROOT / "docs/default_study/claims.csv"


@pytest.fixture(scope="module")
def published():
    return questions(TABLE)


def question(**changed):
    row = {"estimate": "10", "low": "6", "high": "14", "answer": "not resolved", "decides": "True"}
    return {**row, "n_experts": "5", "n_clones": "20", **changed}


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        (question(), question(), AGREES),
        (question(estimate="13.9"), question(), AGREES),
        (question(estimate="14.1"), question(), DIFFERS),
        (question(estimate="10.4"), question(low="10", high="10"), AGREES),
        (question(estimate="10.6"), question(low="10", high="10"), DIFFERS),
        (question(estimate="10.6"), question(low="", high=""), DIFFERS),
        (question(estimate=""), question(), DIFFERS),
        (question(estimate=""), question(estimate=""), AGREES),
        (question(answer="supported"), question(), NAMED),
        (question(), question(answer="contradicted"), NAMED),
        (question(answer="supported"), question(answer="contradicted"), DIFFERS),
        (question(estimate="14.1", answer="supported"), question(), DIFFERS),
        (None, question(), DIFFERS),
        (question(), None, DIFFERS),
    ],
)
def test_a_question_agrees_within_the_published_interval(here, there, expected):
    assert outcome(here, there) == expected


def test_a_study_agrees_with_itself_and_every_claim_has_a_line(published):
    lines, code = compare(published, published)
    deciding = [key for key, row in published.items() if row["decides"] == "True"]
    assert code == 0
    assert [line.split()[:2] for line in lines[:-1]] == [["agrees", key[0]] for key in deciding]
    others = len(published) - len(deciding)
    assert lines[-1] == f"{others} of {others} estimates without a verdict agree"


def test_what_differs_is_named_and_only_questions_that_decide_fail(published):
    flipped, described = ("C7", "1", "0"), ("C7", "1", "40")
    far = {"estimate": "-5"}
    lines, code = compare({**published, described: {**published[described], **far}}, published)
    assert code == 0
    assert lines[-1].startswith("67 of 68")
    lines, code = compare({**published, flipped: {**published[flipped], **far}}, published)
    assert code == 1
    assert [line for line in lines if line.startswith(DIFFERS)] == [
        "DIFFERS          C7   part 1,   0 %  "
        "here: contradicted -5 [0.992, 1]; 5 experts, 20 clones | "
        "published: contradicted 0.996 [0.992, 1]; 5 experts, 20 clones"
    ]


def test_a_study_without_claims_cannot_be_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["compare", str(tmp_path), str(TABLE.parent)])
    assert main() == 2
    assert f"{tmp_path / 'tables/claims.csv'} is missing" in capsys.readouterr().err


LINKS = (
    '<a href="tables/claims.csv">claims</a> <a href="tables/measures.csv"><b>all</b></a> '
    '<a href="figures/table1.png">table</a> <a href="../../workflow/a.py">how</a> '
    '<a href="#top">top</a> <a href="https://example.org/a">a</a>'
)
PUBLISHED_LINKS = (
    '<a href="claims.csv">claims</a> <b>all</b> <a href="figures/table1.png">table</a> how '
    '<a href="#top">top</a> <a href="https://example.org/a">a</a>'
)


@dataclass(frozen=True)
class Finished:
    root: object
    results: object
    to: object


@pytest.fixture
def finished(tmp_path):
    """A finished study of one wide and one narrow figure."""
    results = tmp_path / "results/walker2d"
    for name in ("tables", "figures"):
        (results / name).mkdir(parents=True)
    shutil.copyfile(TABLE, results / "tables/claims.csv")
    for name in publish.PAGES:
        (results / name).write_text(f"<title>{name}</title>{LINKS}")
    for name, size in {"fig_wide": (3000, 1500), "table1": (700, 900)}.items():
        Image.new("RGB", size).save(results / f"figures/{name}.png")
    return Finished(tmp_path, results, tmp_path / "docs/reference_study")


def test_a_published_study_has_pages_claims_and_figures_at_screen_size(finished):
    to = finished.to
    for _ in range(2):  # the second one takes the place of the first
        publish.publish(finished.root, finished.results, to)
    found = {path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file()}
    figures = {"figures/fig_wide.png", "figures/table1.png"}
    assert found == {"claims.csv", "explorer.html", "findings.html", "index.md", *figures}
    sizes = [Image.open(to / name).size for name in sorted(figures)]
    assert sizes == [(publish.WIDTH, publish.WIDTH // 2), (700, 900)]
    assert [path.name for path in to.parent.iterdir()] == ["reference_study"]
    page = (to / "index.md").read_text("utf-8")
    assert all(f"]({name})" in page for name in figures)
    assert all(f'href="{name}"' in page for name in found - {"index.md", *figures})
    assert (to / "findings.html").read_text("utf-8").endswith(PUBLISHED_LINKS)
    for name in ("commit", "versions", "machine", "wall time", "core hours", "disk"):
        assert f"\n| {name} | " in page
    assert page.startswith("# A study to read: results/walker2d\n")
    assert "`make compare-published FOLDER=results/walker2d PUBLISHED=docs/reference_study`" in page
    assert "| **C7** Clones learnt a different policy" in page
    assert "\n| C7 | 0 % | " in page


def test_a_published_study_has_its_title_and_the_commit_of_the_checkout_that_ran_it(finished):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", str(finished.root)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "ran"], check=True)
    publish.publish(finished.root, finished.results, finished.to, "The study, again")
    page = (finished.to / "index.md").read_text("utf-8")
    assert page.startswith("# The study, again\n")
    assert f"\n| commit | {commit(finished.root)} |\n" in page
    assert commit(finished.root) != commit()


def test_the_contents_of_the_documentation_name_a_published_study_once():
    contents = publish.CONTENTS.read_text("utf-8").replace("reference_study/index\n", "")
    once = publish.listed(contents, "reference_study/index")
    assert "\nanswers\nreference_study/index\n" in once
    assert publish.listed(once, "reference_study/index") == once


def test_what_cannot_be_published_is_refused_and_leaves_nothing(finished, monkeypatch):
    monkeypatch.setattr(publish, "MOST_BYTES", 50_000)
    with pytest.raises(Refused, match=r"may take 0.05 MB; its largest file is claims.csv"):
        publish.publish(finished.root, finished.results, finished.to)
    assert not any(finished.to.parent.iterdir())
    with pytest.raises(Refused, match="holds no published study"):
        publish.publish(finished.root, finished.results, finished.results)
    (finished.results / "findings.html").unlink()
    with pytest.raises(Refused, match=r"findings.html is missing; run the study to its end"):
        publish.publish(finished.root, finished.results, finished.to)
