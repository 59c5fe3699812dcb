"""What foreign files and networks are: by the first bytes of a file, by the sizes of a network."""

import re
from collections.abc import Iterable

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import environment_facts

_LFS = b"version https://git-lfs.github.com/spec/"
_PAGE = re.compile(
    rb"(?><\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
"""How a web page begins. Its groups never give back what they took, so no content takes long."""
_BEGINNING = 2**12
"""The first bytes that tell what a file is."""
_STARTS = (
    (b"\x1f\x8b", "it is packed by gzip", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive", "unpack it first"),
    (b"Rar!", "it is a RAR archive", "unpack it first"),
    (b"BZh", "it is packed by bzip2", "unpack it first"),
    (b"\xfd7zXZ", "it is packed by xz", "unpack it first"),
    (b"\x89HDF", "it is an HDF5 file", "name the file that Stable-Baselines3 saved"),
)
LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"
"""How a file of torch before 1.6 begins."""

_SIZES = {
    (17, 6): "Walker2d and HalfCheetah",
    (18, 6): "Walker2d and HalfCheetah with one more observation, such as the position or the time",
    (11, 3): "Hopper",
    (12, 3): "Hopper with one more observation, such as the position or the time",
    (27, 8): "Ant-v4, or Ant-v5 without contact forces",
    (29, 8): "Ant-v4 with positions, or Ant-v5 with positions and without contact forces",
    (105, 8): "Ant-v5",
    (107, 8): "Ant-v5 with positions",
    (111, 8): "Ant-v3 and Ant-v2, or Ant-v4 with contact forces",
    (112, 8): "Ant-v3 with one more observation, such as the time of TimeFeatureWrapper",
    (113, 8): "Ant-v3 with positions",
    (348, 17): "Humanoid-v5 and HumanoidStandup-v5",
    (350, 17): "Humanoid-v5 with positions",
    (376, 17): "Humanoid-v4, -v3 and -v2 and HumanoidStandup before v5",
    (378, 17): "Humanoid-v4 and -v3 with positions",
    (8, 2): "Swimmer",
    (11, 2): "Reacher-v4",
    (10, 2): "Reacher-v5",
    (23, 7): "Pusher",
    (22, 6): "Walker2DBulletEnv",
    (26, 6): "HalfCheetahBulletEnv",
    (15, 3): "HopperBulletEnv",
    (28, 8): "AntBulletEnv",
    (44, 17): "HumanoidBulletEnv",
    (24, 6): "the walker of dm_control",
}


def kind_of(content: bytes) -> tuple[str, str] | None:
    """Return what a file is that people often have in place of an archive, and what to do about it.

    `content` is the file or its beginning (1,000 bytes or more; 4,096 are looked at). The result is
    None for any file that is not one of them.

    Examples
    --------
    >>> kind_of(b"")
    ('it is empty', 'copy or download it again')
    """
    content = content[:_BEGINNING]
    if not content.strip():
        return "it is empty", "copy or download it again"
    if content.startswith(_LFS):
        return (
            "it is a Git LFS pointer, which stands for the file",
            "run `git lfs pull` where it was cloned, or download the file itself",
        )
    if _PAGE.match(content.lstrip()):
        return (
            "it is a web page",
            "download the file itself, such as by the link `raw` or `download` of its page",
        )
    if content.startswith(LEGACY_TORCH):
        return "it is a file of torch before 1.6", "save the model with `model.save`"
    if content[257:262] == b"ustar":
        return "it is a tar archive", "unpack it first"
    for start, kind, advice in _STARTS:
        if content.startswith(start):
            return kind, advice
    return None


def kind_of_zip(names: Iterable[str]) -> str:
    """Return what a zip is, by the names of its members.

    Examples
    --------
    >>> kind_of_zip(["data", "policy.pth"])
    'it is an archive of Stable-Baselines3, which holds a model'
    """
    files = {name.rpartition("/")[2] for name in names}
    if "policy.pth" in files:
        return "it is an archive of Stable-Baselines3, which holds a model"
    if "data.pkl" in files:
        return "it is a file of torch, such as a saved policy or a state dict"
    if "parameter_list" in files:
        return "it is an archive of Stable-Baselines 2"
    if files and all(name.endswith(".npy") for name in files):
        return "it is an archive of numpy arrays"
    return "it is another kind of zip"


def size_hint(sizes: tuple[int, int], body: Body) -> str:
    """Return whose sizes (observations, actions) these are, beside those of the body.

    Without a known environment of these sizes, the hint names the wrapper that gives them, or the
    usual ones.
    """
    own, actions = environment_facts(body).sizes
    if sizes == (own + 1, actions):
        return (
            "one more observation is what TimeFeatureWrapper and TimeAwareObservation add, and "
            "nothing here tells the time to an actor; train it without the wrapper"
        )
    if sizes[0] > own and sizes[0] % own == 0 and sizes[1] == actions:
        return (
            f"these are {sizes[0] // own} frames of the body, as VecFrameStack and "
            "FrameStackObservation stack them; train it on single frames"
        )
    if sizes in _SIZES:
        return (
            f"these are the sizes of {_SIZES[sizes]}, and this body is {body.env_id}; give an "
            f"expert that was trained in {body.env_id}, without a wrapper that changes observations"
        )
    return (
        "it was trained on another body or with a wrapper that changes observations, such as "
        "TimeFeatureWrapper, which adds one"
    )


def equal_in_size(body: Body) -> str:
    """Return the environments whose networks have the sizes of the body's."""
    return _SIZES.get(environment_facts(body).sizes, body.env_id)
