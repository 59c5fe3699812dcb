"""Write demonstrations as a data set that Minari opens."""

from typing import TYPE_CHECKING

from brainiarb.bodies.registry import get_body
from brainiarb.datasets.minari import Origin, write_minari
from brainiarb.datasets.scores import reference_scores
from brainiarb.files import read_csv, read_json
from brainiarb.jobs import commit, job
from brainiarb.rollouts.arrays import read_demonstrations
from brainiarb.seeds import derive_seed

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

if __name__ == "__main__":
    with job(snakemake.log, snakemake.output, snakemake.params, snakemake.wildcards):
        settings = snakemake.params.settings
        body, expert = get_body(settings["body"]), settings["expert"]
        record = read_json(snakemake.input.record)
        returns = read_csv(snakemake.input.returns)["return"].to_numpy()
        seed = derive_seed(settings["seed"], "write_minari", expert)
        scores = reference_scores(body, returns, seed)
        algorithm = str(record.get("algorithm", "unknown"))
        write_minari(
            snakemake.output.dataset,
            body,
            read_demonstrations(snakemake.input.demonstrations),
            Origin(
                identity=f"brainiarb/{body.name}/{expert}-noise-{settings['level']}-v0",
                algorithm=algorithm,
                description=(
                    f"The expert {expert} ({algorithm}) walks in {body.env_id} with its mean "
                    f"action under {settings['level']} % noise of the meaning "
                    f"{settings['meaning']}. The reference scores are those {scores.source}."
                ),
                scores=scores,
                made={"settings": settings, "expert": record, "commit": commit()},
            ),
        )
