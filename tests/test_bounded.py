"""Foreign files within bounds: sizes first, then the content; readers with limits of their own."""

import json
import zipfile

import pytest

from brainiarb.bounded import DEEPEST, open_zip, parsed_json, read_object, read_text, unpacked
from brainiarb.errors import LONGEST, Refused, one_line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xe9", "utf-8"),
        (b"a\0b", "a zero byte"),
        (b"a" * 11, "more than 10 bytes"),
    ],
)
def test_a_text_is_short_and_in_utf_8(content, said, tmp_path):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_text(tmp_path / "a.txt", 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nests too deeply"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nests deeper than 40"),
        ("1" * 5000, "has 5000 digits"),
        ("NaN", "NaN is not finite"),
        ("-Infinity", "is not finite"),
        ("1e999", "1e999 is not finite"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        ("", "Expecting value"),
    ],
)
def test_json_of_a_user_is_shallow_and_has_finite_numbers_and_each_key_once(text, said):
    with pytest.raises(ValueError, match=said):
        parsed_json(text, strict=True)


def test_plain_json_is_read_as_it_is(tmp_path):
    value = {"a": [1, -2.5, None, True, "é"], "b": {"c": 2**62}}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert read_object(tmp_path / "a.json") == value


@pytest.mark.parametrize("text", ["[1]", "null", "3"])
def test_a_record_is_an_object(text, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(Refused, match="no JSON object"):
        read_object(tmp_path / "a.json")


def test_a_zip_with_endless_members_is_refused_before_its_list_is_read(tmp_path, monkeypatch):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(str(number), b"")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("opened"))
    for source in (path, path.read_bytes()):
        with pytest.raises(Refused, match="more than 10,000 members"):
            open_zip(source)


def test_a_zip_whose_list_misspells_a_member_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("timeouts", b"a")
    listed = path.read_bytes().rindex(b"timeouts")
    damaged = path.read_bytes()[:listed] + b"tiMeouts" + path.read_bytes()[listed + 8 :]
    with pytest.raises(zipfile.BadZipFile, match="differ"):
        open_zip(damaged)


def test_a_member_is_unpacked_only_within_its_bound_and_by_known_methods(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large", bytes(1001), zipfile.ZIP_DEFLATED)
        archive.writestr("odd", b"a", zipfile.ZIP_LZMA)
        archive.writestr("small", bytes(1000), zipfile.ZIP_DEFLATED)
    with open_zip(path) as archive:
        assert unpacked(archive, archive.getinfo("small"), 1000) == bytes(1000)
        with pytest.raises(Refused, match="large unpacks to 1,001 bytes where at most 1,000"):
            unpacked(archive, archive.getinfo("large"), 1000)
        with pytest.raises(Refused, match="odd is packed by an unusual method"):
            unpacked(archive, archive.getinfo("odd"), 1000)


# ---- what any error says


def test_an_error_is_one_printable_line_of_bounded_length():
    said = str(Refused(f"a.zip holds {'x' * 10_000}\n\x1b[31m\0\ud800; save it again"))
    assert len(said) <= LONGEST
    assert said.isprintable()
    assert said.startswith("a.zip holds x")
    assert said.endswith("; save it again")
    assert one_line("two\nlines\r\nof text") == "two lines of text"
