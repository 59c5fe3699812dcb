# BRAINIARB: when a walking agent is cloned from its demonstrations, does the copy think and move
# like the original? Each stage is a file in workflow/rules; places.smk there finds the files that ship,
# config.smk checks the config, within the limits of limits.smk.

from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/places.smk"


configfile: str(SHIPPED_CONFIG)


if reads_own_config():

    configfile: str(OWN_CONFIG)


report: "workflow/report/workflow.rst"


include: "workflow/rules/declarations.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/limits.smk"
include: "workflow/rules/bodies.smk"
include: "workflow/rules/config.smk"
include: "workflow/rules/digests.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/requests.smk"
include: "workflow/rules/archives.smk"
include: "workflow/rules/experts.smk"
include: "workflow/rules/rollouts.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/cloning.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/similarity.smk"
include: "workflow/rules/spectra.smk"
include: "workflow/rules/gaits.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/dynamics.smk"
include: "workflow/rules/offline_files.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/noise_axes.smk"
include: "workflow/rules/offline.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/page_contents.smk"
include: "workflow/rules/pages.smk"
include: "workflow/rules/progress.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/records.smk"
include: "workflow/rules/verify.smk"


rule all:
    default_target: True
    input:
        f"{BODY_FOLDER}/tables/observations.csv",
        f"{BODY_FOLDER}/tables/agents.csv",
        expand(expert_file("activations.h5"), expert=sorted(TABULATED)),
        expand(
            f"{BODY_FOLDER}/tables/{{table}}.csv",
            table=[
                *(TABLED if CLONED else ARCHIVES_COMPARED),
                *config["extra_tables"],
            ],
        ),
        figure_files("all" if CLONED else "archives"),
        [*PAGES],
        [
            *expand(f"{BODY_FOLDER}/figures/gait_cycle.{{kind}}", kind=["mp4", "gif"]),
            f"{BODY_FOLDER}/tables/statistics.csv",
            f"{BODY_FOLDER}/tables/claims.csv",
            *(OFFLINE_FILES if config["offline"]["in_study"] else []),
        ]
        if CLONED
        else [],


group_on_clusters_only()


onstart:
    stop_if_doubled()
    tell_endings()
    sweep_results()
    start_progress()


onsuccess:
    end_progress()
    print_verdicts()
    print_pages()


onerror:
    end_progress()
