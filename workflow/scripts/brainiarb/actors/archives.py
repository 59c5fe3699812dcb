"""Stable-Baselines3 archives of an actor: writing them, and reading them without trust.

Reading happens in memory, takes a bounded number of bytes and never unpickles anything.
"""

import io
import re
import stat
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from brainiarb.actors.actors import Actors
from brainiarb.actors.architecture import ACTIVATIONS
from brainiarb.actors.foreign import LEGACY_TORCH, kind_of, kind_of_zip
from brainiarb.actors.layouts import PARTS, actor_from
from brainiarb.actors.plain import holds_plain_weights, read_plain, write_plain
from brainiarb.actors.state_dicts import read_state_dict
from brainiarb.bodies.body import Body
from brainiarb.bodies.model import make_env
from brainiarb.bounded import open_zip, parsed_json, unpacked
from brainiarb.errors import REASON, Refused, one_line
from brainiarb.files import refusing_damage, whole
from brainiarb.records import check

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

LARGEST = {"policy.pth": 2**27, "data": 2**22, "_stable_baselines3_version": 64}
"""The members that are read and the number of bytes that each may unpack to. For comparison, five
critics of 1,024 units take 60 MB, and plain fields take 20 kB."""

_PLAIN_NAME = re.compile(r"\w[\w.-]*")
# Files that operating systems add when a user packs a folder.
_OF_SYSTEMS = re.compile(r"(.*/)?(__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.I)
_PLAIN_FOLDER = re.compile(r"[^\\/:.][^\\/:]*")
# Parts of names that `torch.compile` and `DataParallel` add to the layers that they wrap.
_WRAPPERS = re.compile(r"\b(_orig_mod|module)\.")
# The end of the text that describes a function or an object; it differs between processes.
_ADDRESS = re.compile(rb" at 0x[0-9a-f]+")

_whole = partial(refusing_damage, kind="Stable-Baselines3 archive", advice="save the model again")


def _open(path: str | Path) -> zipfile.ZipFile:
    """Open an archive; refuse what is none, and say what it is."""
    with _whole(path), open(path, "rb") as file:
        content = file.read(2**12)
    kind = kind_of(content)
    if kind is None and content.startswith(b"PK\x03\x04") and not zipfile.is_zipfile(path):
        kind = "it was cut short", "copy or download it again"
    if kind is not None:
        raise Refused(f"{path} is not a whole Stable-Baselines3 archive: {kind[0]}; {kind[1]}")
    with _whole(path):
        return open_zip(path)


def _folder_around(names: list[str]) -> str:
    """Return the folder, with its slash, that holds all members; empty if there is none."""
    folders = {name.rpartition("/")[0] for name in names}
    folder = folders.pop() if len(folders) == 1 else ""
    return f"{folder}/" if _plain_path(folder) else ""


def _plain_path(folder: str) -> bool:
    return all(_PLAIN_FOLDER.fullmatch(part) for part in folder.rstrip("/").split("/"))


def _refuse_other_zips(names: list[str], path: str | Path) -> None:
    """Refuse zip archives that other programs write, and say what they are."""
    if any(name.rpartition("/")[2] == "policy.pth" for name in names):
        return
    inner = sorted(name for name in names if name.lower().endswith(".zip"))
    if inner:
        raise Refused(f"{path} is a zip that holds {inner[0]}; unpack it and name that archive")
    raise Refused(
        f"{path} holds no policy.pth, so it has no actor: {kind_of_zip(names)}; save the model "
        "with `model.save` of Stable-Baselines3"
    )


def read_members(path: str | Path) -> dict[str, bytes]:
    """Return the members of an archive that are named in `LARGEST`.

    What operating systems add, and a folder around all members, are passed over. Raises Refused if
    the archive is damaged, holds anything except plain names, unpacks to more bytes than `LARGEST`
    allows, or has no `policy.pth`.
    """
    with _open(path) as archive:
        files = [
            info
            for info in archive.infolist()
            if not _OF_SYSTEMS.fullmatch(info.orig_filename)
            and not (info.is_dir() and _plain_path(info.orig_filename))
        ]
        names = [info.orig_filename for info in files]
        _refuse_other_zips(names, path)
        around = _folder_around(names)
        members: dict[str, zipfile.ZipInfo] = {}
        for info in files:
            name = info.orig_filename.removeprefix(around)
            link = stat.S_ISLNK(info.external_attr >> 16)
            if link or name in members or not _PLAIN_NAME.fullmatch(name):
                raise Refused(
                    f"{path} holds the member {name[:80]!r}, a path, a link or a second of its "
                    "name, where Stable-Baselines3 writes plain files; save the model again"
                )
            if info.file_size > LARGEST.get(name, info.file_size):
                raise Refused(
                    f"{path} holds a {name} that unpacks to {info.file_size} bytes where at most "
                    f"{LARGEST[name]} are read; save the model again, without extras"
                )
            members[name] = info
        with _whole(path):
            return {
                name: unpacked(archive, members[name], largest)
                for name, largest in LARGEST.items()
                if name in members
            }


def read_tensors(content: bytes, where: str | Path) -> dict[str, Tensor]:
    """Return the float32 tensors of a `policy.pth` by their names.

    Names are those of a policy that was neither compiled nor wrapped. Raises Refused, which names
    `where`, if the content is not a plain state dict of torch.
    """
    if content.startswith(LEGACY_TORCH):
        raise Refused(
            f"{where} holds a policy.pth in the format of torch before 1.6, which is not read; "
            "load the model with a newer torch and save it again"
        )
    with _whole(where):
        tensors = read_state_dict(content)
        plain = {_WRAPPERS.sub("", name): value for name, value in tensors.items()}
        if len(plain) < len(tensors):
            raise Refused("its policy.pth holds a layer twice, compiled and not compiled")
        return {name: torch.from_numpy(value) for name, value in plain.items()}


def fields_of(members: Mapping[str, bytes], path: str | Path) -> dict[str, Any]:
    """Return the fields of an archive; pickled fields stay text."""
    try:
        return {**parsed_json(members["data"])}
    except Exception as error:
        raise Refused(
            f"{path} has no fields of Stable-Baselines3 in `data` ({one_line(error, REASON)}); "
            "save the model again"
        ) from error


def told_activation(fields: Mapping[str, Any], where: str | Path) -> str | None:
    """Return the non-linearity that a policy was told; None if it was told none.

    Raises Refused, which names `where`, if no actor here can have it.
    """
    told = mapping(fields.get("policy_kwargs")).get("activation_fn")
    if told is None:
        return None
    match = re.fullmatch(r"<class 'torch\.nn\.modules\.activation\.(\w+)'>", str(told))
    if match is None or match[1] not in ACTIVATIONS:
        *_, name = re.findall(r"\w+", str(told)) or ["unknown"]
        raise Refused(
            f"{where} was trained with activation_fn={name:.40} where one of "
            f"{', '.join(ACTIVATIONS)} of torch.nn is needed; train it with one of them"
        )
    return match[1]


def mapping(value: Any) -> dict[str, Any]:
    """Return a dict as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def read_expert(path: str | Path, body: Body) -> Actors:
    """Read the actor of an expert's `checkpoint.zip` (K = 1) without unpickling anything.

    That is an archive of Stable-Baselines3 or a plain file (see `plain`), as `write_archive` writes
    them. Raises Refused if the file is damaged, or has other numbers of observations and actions
    than the body.

    Examples
    --------
    >>> from brainiarb.bodies.registry import get_body
    >>> path = "workflow/resources/checkpoints/walker2d/crossq_0.zip"
    >>> expert = read_expert(path, get_body("walker2d"))
    >>> len(expert), expert.get_parameter("linear1.weight").shape
    (1, torch.Size([1, 256, 17]))
    """
    check(path, foreign=True)
    if holds_plain_weights(path):
        return read_plain(path, body)
    members = read_members(path)
    policy = read_tensors(members["policy.pth"], path)
    activation = told_activation(fields_of(members, path), path) if "data" in members else None
    return actor_from(policy, path, body, activation)


def critic_outputs(policy: Mapping[str, Tensor]) -> tuple[list[int], int]:
    """Return the number of units in each layer of the first critic, and the number of critics."""
    layers: list[int] = []
    while (bias := policy.get(f"critic.qf0.{2 * len(layers)}.bias")) is not None:
        layers.append(bias.numel())
    return layers, sum(f"critic.qf{critic}.0.bias" in policy for critic in range(len(policy)))


def write_archive(
    path: str | Path,
    actors: Actors,
    index: int,
    body: Body,
    critics: Mapping[str, Tensor] | None = None,
) -> None:
    """Write actor `index` of a body as a Stable-Baselines3 SAC archive without optimiser states.

    `critics` holds the critics of SAC and their targets by the names of the archive. Without it,
    the critics are untrained. An actor whose architecture SAC cannot have becomes a plain file. The
    same actor gives the same bytes on the same machine.
    """
    architecture = actors.architecture
    if (architecture.norm, architecture.spread, architecture.bound) != ("none", "state", "tanh"):
        write_plain(path, actors.only(index))
        return
    from stable_baselines3 import SAC

    critics = critics or {}
    widths = [*architecture.hidden]
    outputs, count = critic_outputs(critics)
    kwargs: dict[str, Any] = {
        "net_arch": {"pi": widths, "qf": outputs[:-1] if critics else widths},
        "n_critics": count if critics else 2,
    }
    if architecture.activation != "ReLU":
        kwargs["activation_fn"] = getattr(torch.nn, architecture.activation)
    model = SAC(
        "MlpPolicy",
        make_env(body),
        buffer_size=1,
        policy_kwargs=kwargs,
        device="cpu",
        seed=0,
    )
    state = {**model.policy.state_dict(), **critics}
    archived = {name: f"actor.latent_pi.{2 * n}" for n, name in enumerate(architecture.trunk)} | {
        "mean_linear": "actor.mu",
        "log_std_linear": "actor.log_std",
    }
    for name, there in archived.items():
        for part in PARTS:
            state[f"{there}.{part}"] = actors.get_parameter(f"{name}.{part}")[index].detach()
    model.policy.load_state_dict(state)
    write_model(path, model)


def write_model(path: str | Path, model: "BaseAlgorithm") -> None:
    """Write a model of Stable-Baselines3; equal models give the same bytes on the same machine."""
    buffer = io.BytesIO()
    model.save(buffer)
    with whole(path) as temporary:
        temporary.write_bytes(repeatable(buffer.getvalue()))


def repeatable(archive: bytes) -> bytes:
    """Return an archive of Stable-Baselines3 without the bytes that differ between two savings.

    These bytes are the time and the memory addresses among the descriptions in `data`.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                zipfile.ZipInfo(name), _ADDRESS.sub(b"", content) if name == "data" else content
            )
    return written.getvalue()
