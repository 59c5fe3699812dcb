"""Archives of experts from elsewhere, and the files around them that belong to them."""

import re
from pathlib import Path

SAVED = re.compile(r"vec[\W_]*(env)?[\W_]*norm(ali[sz](e|er|ed|ation))?", re.I)
PERHAPS = re.compile(r"norm|rms|scal|stats", re.I)
VERSIONS = [f"v{number}" for number in range(10)]
PICKLES = ("", ".pkl", ".pickle", ".p")
# Words in the name of a VecNormalize file that say nothing about the archive that it belongs to.
PLAIN_WORDS = set(
    "best env envs eval final last latest model obs rl sac saved statistics stats tqc train "
    "training venv".split()
)


def words_of(name):
    """Return the words and numbers of a name, in small letters."""
    return frozenset(re.findall(r"[a-z0-9]+", name.lower()))


def zoo_folders(folder):
    """Return the folders that the RL Zoo names after an environment of the studied body."""
    return sorted(
        f
        for f in folder.glob("*-v[0-9]")
        if f.name[:-3].lower() == BODY_NAME.removeprefix("gymnasium_")
    )


def pickles_around(archive):
    """Return (distance of the folder, path) of the files around an archive that may be pickles.

    The folders are those that the RL Zoo names after the archive or the environment, that of the
    archive, and the one above; the closest has distance 0.
    """
    folders = dict.fromkeys(
        (
            archive.with_suffix(""),
            archive.parent,
            *zoo_folders(archive.parent),
            archive.parent.parent,
            *zoo_folders(archive.parent.parent),
        )
    )
    return [
        (distance, path)
        for distance, folder in enumerate(folders)
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in PICKLES and path != archive and path.is_file()
    ]


def normalisations(archive):
    """Return the VecNormalize files around an archive, the closest first, and those that may be one.

    The name of a VecNormalize file says VecNormalize, and its other words are those of the archive
    or mean nothing. One that is named like the archive is the closest. A file that is named like
    another archive in the folder belongs to that one.
    """
    own = words_of(archive.stem)
    others = {words_of(path.stem) for path in archive.parent.glob("*.zip")} - {own}
    belonging, perhaps = [], []
    for distance, path in pickles_around(archive):
        words = words_of(SAVED.sub(" ", path.stem))
        of_another = not words <= own and any(words <= other for other in others)
        extra = words - own - PLAIN_WORDS - words_of(BODY_NAME) - {*VERSIONS}
        if SAVED.search(path.stem) and not of_another and not extra:
            order = (words != own, distance, len(own - words), len(path.name), path)
            belonging.append(order)
        elif PERHAPS.search(path.stem) and words not in others:
            perhaps.append(path)
    return [path for *_, path in sorted(belonging)], perhaps


def archive_files(wildcards):
    """Return an expert's archive and the files that belong to it.

    Such files are the JSON of its provenance and its learning curve beside it, and the statistics
    of a VecNormalize: those that the config names, else the closest.
    """
    source = EXPERTS[wildcards.expert]
    archive = Path(source["checkpoint"])
    named = source.get("normalisation")
    belonging = {
        "record": [archive.with_suffix(".json")],
        "curve": [archive.with_suffix(".csv")],
        "normalisation": [Path(named)] if named else normalisations(archive)[0],
    }
    existing = {
        name: [str(path) for path in paths if path.is_file()]
        for name, paths in belonging.items()
    }
    return {
        "checkpoint": str(archive),
        **{name: paths[0] for name, paths in existing.items() if paths},
    }


def unsure_normalisations(wildcards):
    """Return files that may be the statistics of an expert's VecNormalize where none surely is."""
    source = EXPERTS[wildcards.expert]
    belonging, perhaps = normalisations(Path(source["checkpoint"]))
    return [] if source.get("normalisation") or belonging else list(map(str, perhaps))
