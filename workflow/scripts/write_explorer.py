"""Write the explorer: one page that shows any two agents of a study side by side, moving."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.files import read_csv, whole
from brainiarb.jobs import job
from brainiarb.maps.stored import read_map
from brainiarb.pages.agents import clones_each, kept_clones, read_agents
from brainiarb.pages.explorer import Family, explorer_data, explorer_page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings, given = snakemake.params.settings, snakemake.input
        body, transient = get_body(settings["body"], settings["rate_range"]), settings["transient"]
        experts, levels, clones = settings["experts"], settings["levels"], settings["clones"]
        tables = {name: read_csv(given[name]) for name in ("measures", "similarity")}
        references = dict(zip(levels, map(Path, given.references), strict=True))
        agents = []
        for expert, path in zip(experts, map(Path, given.rollouts), strict=True):
            # An expert that is not cloned has no file of its own, but it is a peer of all others.
            networks = references.get(expert, next(iter(references.values())))
            group = "expert" if expert in references else f"peers/{expert}"
            agents += read_agents(body, path, networks, group, expert, -1, transient)
        count = clones_each(levels, len(experts), clones)
        groups = [(expert, level) for expert in levels for level in levels[expert]]
        for (expert, level), path, networks in zip(
            groups, map(Path, given.clones), map(Path, given.networks), strict=True
        ):
            kept = kept_clones(tables["measures"], expert, level, count)
            agents += read_agents(body, path, networks, "common", expert, level, transient, kept)
        # Where nobody is cloned, the one map of all archives stands for each of them.
        shared, scaled_by = (
            (list(given.maps), "") if groups else ([*given.maps] * len(levels), experts[0])
        )
        maps = zip(levels, shared, strict=True)
        data = explorer_data(
            body,
            agents,
            [Family(expert, *read_map(path), scaled_by) for expert, path in maps],
            tables,
            settings["segment"],
            first=(settings["first"], settings["noisy_level"]),
            left_out=len(groups) * (clones - count),
        )
        page, style, *scripts = (Path(part).read_text("utf-8") for part in given.parts)
        with whole(snakemake.output.page) as temporary:
            temporary.write_text(explorer_page(data, page, style, scripts), "utf-8")
        size = Path(snakemake.output.page).stat().st_size
        logging.info("%d agents, %.1f MB", len(agents), size / 1e6)
