"""Archives that are no archives: each is read where this is safe, or named as what it is."""

import io
import time
import zipfile
from functools import partial

import pytest
import torch

from archive_builders import assert_refused, members_of, pack, torch_bytes
from brainiarb.actors.archives import read_expert
from brainiarb.actors.foreign import kind_of, size_hint
from brainiarb.bodies.registry import get_body

BODY = get_body("walker2d")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1234\n"


def refused(path, *words):
    assert_refused(partial(read_expert, body=BODY), path, *words)


def same_expert(path, archive):
    weights = read_expert(path, BODY).state_dict()
    for name, value in read_expert(archive, BODY).state_dict().items():
        assert torch.equal(weights[name], value), name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (POINTER, ["a Git LFS pointer", "git lfs pull"]),
        (b"<!DOCTYPE html>\n<html>", ["a web page", "download"]),
        (b"\n<!-- 404 -->\n<HTML lang='en'>", ["a web page"]),
        (b"", ["is empty"]),
        (b"\x1f\x8b\x08" + bytes(20), ["packed by gzip", "unpack it"]),
        (b"7z\xbc\xaf\x27\x1c", ["a 7z archive", "unpack it"]),
        (bytes(257).replace(b"\0", b"a") + b"ustar\x0000", ["a tar archive", "unpack it"]),
    ],
)
def test_a_file_that_is_no_zip_is_named_as_what_it_is(content, words, tmp_path):
    path = tmp_path / "expert.zip"
    path.write_bytes(content)
    refused(path, r"expert\.zip is not a whole", *words)


def test_an_archive_that_was_cut_short_is_named_as_cut(archive, tmp_path):
    path = tmp_path / "expert.zip"
    path.write_bytes(archive.read_bytes()[:5000])
    refused(path, "it was cut short", "download it again")


@pytest.mark.parametrize("folder", ["", "model/", "my model/v1.2/"])
def test_an_archive_that_was_packed_again_is_read(folder, archive, tmp_path):
    members = {f"{folder}{name}": content for name, content in members_of(archive).items()}
    extras = {
        f"{folder}.DS_Store": b"x",
        f"__MACOSX/{folder}._data": b"x",
        f"{folder}Thumbs.db": b"x",
        f"{folder}replay/": b"",
    }
    same_expert(pack(tmp_path / "again.zip", {**extras, **members}), archive)


def test_a_folder_around_an_archive_makes_no_unsafe_name_safe(archive, tmp_path):
    for folder in ("../", "/", "a/../", "C:/"):
        members = {f"{folder}{name}": content for name, content in members_of(archive).items()}
        refused(pack(tmp_path / "a.zip", members), "a path, a link or a second of its name")


def test_two_archives_in_one_zip_are_refused(archive, tmp_path):
    members = members_of(archive)
    both = {f"{folder}/{name}": members[name] for folder in "ab" for name in members}
    refused(pack(tmp_path / "a.zip", both), "a path, a link or a second of its name")


def test_zips_of_other_programs_are_named_as_what_they_are(archive, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(torch_bytes({"actor.mu.weight": torch.zeros(6, 8)}))
    refused(path, "a file of torch, such as a saved policy or a state dict", "model.save")
    refused(pack(path, {"best_model.zip": archive.read_bytes()}), "holds best_model.zip; unpack it")
    old = dict.fromkeys(("data", "parameters", "parameter_list"), b"")
    refused(pack(path, old), "an archive of Stable-Baselines 2;")


@pytest.mark.parametrize("wrapper", ["_orig_mod.{}", "module.{}", "actor._orig_mod.{}"])
def test_the_names_of_a_compiled_policy_are_those_of_the_policy(wrapper, archive, tmp_path):
    content = members_of(archive)
    policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
    compiled = {
        wrapper.format(name.removeprefix("actor.") if "actor" in wrapper else name): value
        for name, value in policy.items()
        if name.startswith("actor.")
    }
    content["policy.pth"] = torch_bytes(compiled)
    same_expert(pack(tmp_path / "compiled.zip", content), archive)
    twice = {**compiled, "actor.mu.bias": policy["actor.mu.bias"] + 1}
    content["policy.pth"] = torch_bytes(twice)
    refused(pack(tmp_path / "twice.zip", content), "a layer twice, compiled and not")


def test_weights_in_the_format_of_an_old_torch_are_named(archive, tmp_path):
    content = members_of(archive)
    policy = torch.load(io.BytesIO(content["policy.pth"]), weights_only=True)
    buffer = io.BytesIO()
    torch.save(policy, buffer, _use_new_zipfile_serialization=False)
    content["policy.pth"] = buffer.getvalue()
    refused(pack(tmp_path / "old.zip", content), "format of torch before 1.6", "save it again")
    (tmp_path / "old.zip").write_bytes(buffer.getvalue())
    assert not zipfile.is_zipfile(tmp_path / "old.zip")
    refused(tmp_path / "old.zip", "a file of torch before 1.6")


@pytest.mark.parametrize(
    ("body", "sizes", "environment"),
    [
        ("ant", (27, 8), "Ant-v4"),
        ("ant", (111, 8), "Ant-v3"),
        ("humanoid", (376, 17), "Humanoid-v4"),
        ("hopper", (17, 6), "Walker2d and HalfCheetah"),
        ("walker2d", (22, 6), "Walker2DBulletEnv"),
    ],
)
def test_sizes_of_another_environment_are_named(body, sizes, environment):
    hint = size_hint(sizes, get_body(body))
    assert f"the sizes of {environment}" in hint
    assert f"this body is {get_body(body).env_id}" in hint


def test_sizes_that_no_known_environment_has_are_explained_by_wrappers():
    assert "TimeFeatureWrapper" in size_hint((70, 6), BODY)
    assert "TimeFeatureWrapper" in size_hint((18, 6), BODY)
    assert "4 frames" in size_hint((68, 6), BODY)


@pytest.mark.parametrize("content", [b"<!---->" * 500, b" " * 5000, b"<?xml>" + b"\n" * 4000])
def test_no_beginning_of_a_file_takes_long_to_tell(content):
    started = time.process_time()
    kind_of(content + b"x")
    assert time.process_time() - started < 1


def test_a_web_page_with_comments_before_it_is_told():
    content = b"<?xml version='1.0'?>\n<!-- a\n --> <!-- b -->\n<!DOCTYPE html>"
    assert kind_of(content)[0] == "it is a web page"
