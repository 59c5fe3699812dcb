"""Verifying the files of a finished study, a target of its own"""


rule verify:
    log:
        log_file("verify.log"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        folder=BODY_FOLDER,
    message:
        "Verifying the files in {params.folder}"
    script:
        "../scripts/verify_results.py"
