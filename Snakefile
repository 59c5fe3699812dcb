# BRAINIARB: when a walking agent is cloned from its demonstrations, does the copy think and move
# like the original? Each stage is a file in workflow/rules; workflow/rules/common.smk checks the config.

from snakemake.utils import min_version

min_version("9.19")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/experts.smk"
