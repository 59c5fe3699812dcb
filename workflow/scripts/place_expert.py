"""Place an expert's existing archive, after checking that it fits the body."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from brainiarb.bodies import environment_facts, get_body
from brainiarb.files import read_json, whole, write_json
from brainiarb.jobs import job
from brainiarb.policies import read_archive

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output):
        body = get_body(snakemake.params.settings["body"])
        source = Path(snakemake.input.checkpoint)
        read_archive(source, environment_facts(body).sizes, body.name)
        record = snakemake.input.get("record")
        known = read_json(record) if record else {"made_by": "unknown"}
        with whole(snakemake.output.checkpoint) as temporary:
            shutil.copyfile(source, temporary)
        write_json(snakemake.output.record, {"placed_from": source.name, **known})
