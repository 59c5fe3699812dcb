"""Archives: stock Stable-Baselines3 opens them, and what is no actor of the body is refused."""

import pickle
import tracemalloc
import zipfile
from functools import partial

import numpy as np
import pytest
import torch
from stable_baselines3 import SAC

from archive_builders import Trap, assert_refused, doctored, members_of, pack, torch_bytes
from brainiarb.actors.actors import mean_action, untrained
from brainiarb.actors.archives import LARGEST, read_expert, write_archive
from brainiarb.bodies.registry import get_body

BODY = get_body("walker2d")
SIZES = (17, 6)


def refused(path, *words):
    assert_refused(partial(read_expert, body=BODY), path, *words)


def test_an_exported_clone_opens_in_stable_baselines3(tmp_path, observations):
    actors = untrained(SIZES, [1, 2])
    write_archive(tmp_path / "clone.zip", actors, 1, BODY)
    expected, _ = SAC.load(tmp_path / "clone.zip").predict(observations, deterministic=True)
    rows = np.concatenate([observations, observations])
    np.testing.assert_allclose(mean_action(actors)(rows)[40:], expected, atol=1e-6)


def test_a_checkpoint_of_another_body_is_refused(archive):
    with pytest.raises(ValueError, match=r"takes 17 observations .* hopper has 11 and 3"):
        read_expert(archive, get_body("hopper"))


def test_an_archive_of_another_algorithm_is_refused(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("policy.pth", "w") as file:
        torch.save({"mlp_extractor.policy_net.0.weight": torch.zeros(64, 17)}, file)
    with pytest.raises(ValueError, match="another algorithm"):
        read_expert(path, get_body("walker2d"))


@pytest.mark.parametrize("member", ["policy.pth", "data"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(member, archive, tmp_path, monkeypatch):
    content = {**members_of(archive), member: bytes(LARGEST[member] + 1)}
    path = pack(tmp_path / "bomb.zip", content, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("unpacked"))
    refused(path, f"{member} that unpacks to {LARGEST[member] + 1} bytes")


def test_a_zip_bomb_that_hides_its_size_is_refused(archive, tmp_path):
    size = 2**24
    bomb = {**members_of(archive), "policy.pth": bytes(size)}
    path = pack(tmp_path / "bomb.zip", bomb, zipfile.ZIP_DEFLATED)
    told, lie = size.to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert path.read_bytes().count(told) == 2
    path.write_bytes(path.read_bytes().replace(told, lie))
    tracemalloc.start()
    refused(path, "not a whole Stable-Baselines3 archive")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 4


def test_a_zip_bomb_within_the_weights_is_refused(archive, tmp_path):
    inner = pack(tmp_path / "inner", {"archive/data/0": bytes(2**24)}, zipfile.ZIP_DEFLATED)
    path = doctored(archive, tmp_path, **{"policy.pth": inner.read_bytes()})
    refused(path, "not a whole", "weights unpack from")


@pytest.mark.parametrize("name", ["../data", "/etc/data", "a/b", "a\\b", "C:data", "..", ".hidden"])
def test_a_path_inside_the_zip_is_refused(name, archive, tmp_path):
    path = doctored(archive, tmp_path, **{name: b""})
    refused(path, "a path, a link or a second of its name")


def test_a_link_inside_the_zip_is_refused(archive, tmp_path):
    path = doctored(archive, tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    refused(path, "a path, a link or a second of its name")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_member_of_one_name_is_refused(archive, tmp_path):
    path = doctored(archive, tmp_path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("policy.pth", b"")
    refused(path, "'policy.pth', a path, a link or a second of its name")


def test_pickled_code_in_place_of_weights_is_refused_and_not_executed(archive, tmp_path, marker):
    trap = pickle.dumps(Trap(marker), 2)
    refused(doctored(archive, tmp_path, **{"policy.pth": trap}), "not a whole")
    inner = pack(tmp_path / "inner", {"archive/data.pkl": trap, "archive/version": b"3\n"})
    hidden = {"policy.pth": inner.read_bytes()}
    refused(
        doctored(archive, tmp_path, **hidden),
        "not a whole",
        "names __builtin__.getattr, which is not needed and not executed",
    )


def test_a_damaged_archive_is_refused(archive, tmp_path):
    whole = archive.read_bytes()
    flipped = bytearray(whole)
    flipped[whole.index(b"policy.pth") + 5000] ^= 1
    contents = {"short": whole[:5000], "empty": b"", "flipped": flipped, "text": b"no zip" * 99}
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        path = tmp_path / name / "expert.zip"
        path.write_bytes(content)
        refused(path, r"expert\.zip is not a whole Stable-Baselines3 archive")


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_refused(value, archive, tmp_path):
    def diverge(policy):
        return {"actor.mu.bias": policy["actor.mu.bias"].fill_(value)}

    refused(doctored(archive, tmp_path, weights=diverge), "not finite")


def test_layers_that_do_not_fit_each_other_are_refused(archive, tmp_path):
    def cut(policy):
        return {"actor.latent_pi.2.weight": policy["actor.latent_pi.2.weight"][:, :-1].clone()}

    refused(doctored(archive, tmp_path, weights=cut), "do not fit each other at linear2")


def test_an_archive_without_an_actor_is_refused(archive, tmp_path):
    content = members_of(archive)
    critics = {"critic.qf0.0.weight": torch.zeros(8, 23)}
    refused(
        pack(tmp_path / "a.zip", {**content, "policy.pth": torch_bytes(critics)}),
        "lacks hidden layers",
    )
    del content["policy.pth"]
    refused(pack(tmp_path / "b.zip", content), "no policy.pth, so it has no actor")


def test_weights_that_claim_more_than_the_file_holds_are_refused(archive, tmp_path):
    huge = {"actor.mu.weight": torch.zeros(1).expand(10**9)}
    refused(doctored(archive, tmp_path, weights=lambda _: huge), "more numbers than the file")
