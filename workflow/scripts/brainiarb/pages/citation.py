"""How to cite: the entries of a `CITATION.cff` as sentences."""

from collections.abc import Mapping
from typing import Any


def citations(content: Mapping[str, Any]) -> list[str]:
    """Return a sentence for the software, and one for each of its references.

    `content` is that of a file in the Citation File Format 1.2.
    """
    return [_sentence(entry) for entry in (content, *content.get("references", ()))]


def _sentence(entry: Mapping[str, Any]) -> str:
    authors = "; ".join(map(_author, entry["authors"]))
    version = f", version {entry['version']}" if "version" in entry else ""
    kind = entry.get("type", "software").replace("-", " ")
    parts = [authors, f"{entry['title']}{version} [{kind}]"]
    parts += [entry["institution"]["name"]] if "institution" in entry else []
    parts += [str(entry["year"])] if "year" in entry else []
    parts += [entry[key] for key in ("doi", "url") if key in entry]
    return ". ".join(parts) + "."


def _author(person: Mapping[str, str]) -> str:
    if "name" in person:
        return person["name"]
    return f"{person['given-names']} {person['family-names']}"
