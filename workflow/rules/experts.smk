"""Experts: the registry in the config
-> <results>/<body>/<expert>/checkpoint.zip, checkpoint.json, checkpoint.csv

An expert is trained, or it is placed from an archive: the archive is read without trust, and a new
one is written.
"""


rule train_expert:
    output:
        checkpoint=expert_file("checkpoint.zip"),
        record=expert_file("checkpoint.json"),
        curve=expert_file("checkpoint.csv"),
    log:
        log_file("train_expert/{expert}.log"),
    wildcard_constraints:
        expert=any_of(TRAINED),
    conda:
        "../../envs/rl.yaml"
    resources:
        **request(training_seconds, 500),
    params:
        settings=lambda wildcards: settings(
            "body", expert=wildcards.expert, train=EXPERTS[wildcards.expert]["train"]
        ),
        code=code("train_expert.py"),
    message:
        "Training the expert {wildcards.expert}"
    script:
        "../scripts/train_expert.py"


rule place_expert:
    input:
        unpack(archive_files),
    output:
        checkpoint=expert_file("checkpoint.zip"),
        record=expert_file("checkpoint.json"),
        curve=expert_file("checkpoint.csv"),
    log:
        log_file("place_expert/{expert}.log"),
    wildcard_constraints:
        expert=any_of(PLACED),
    group:
        "walks_{expert}_expert"
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "body", unsure=unsure_normalisations(wildcards)
        ),
        code=code("place_expert.py"),
    message:
        "Placing the expert {wildcards.expert}"
    script:
        "../scripts/place_expert.py"
