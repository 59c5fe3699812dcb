# `make` builds .venv from envs/lock.txt and runs the default study; `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
CORES ?= all
CONFIG ?=
TARGETS ?=
OPTIONS ?=
REPORT ?= results/report.html
PYTEST ?=
FOLDER ?= results/walker2d
PUBLISHED ?= docs/default_study
STUDY ?= default_study
REMAKE ?=
TITLE ?=
PIP_OPTIONS ?=
export PIP_OPTIONS

RUN = $(VENV)/bin/python -m
SNAKEMAKE = $(strip $(RUN) snakemake --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG)) $(OPTIONS))
# One process for each core; each test goes to the process that is free.
PARALLEL = -n $(if $(filter all,$(CORES)),logical,$(CORES)) --maxprocesses 8 --dist worksteal
SMK = Snakefile $(wildcard workflow/rules/*.smk)

.PHONY: study quick report verify test test-cluster docs answers publish compare-published estimate lint bench-experts bench-similarity bench-gaits bench-workflow bench-pages bench-offline fuzz format venv lock clean help

study: venv
	@$(VENV)/bin/python envs/unlock.py
	$(if $(CONFIG),@PYTHONPATH=workflow/scripts $(RUN) brainiarb.config_files $(CONFIG))
	$(strip $(SNAKEMAKE) -- $(TARGETS))

quick:
	@$(MAKE) --no-print-directory study CONFIG=config/quick.yaml

report: study
	$(SNAKEMAKE) --report $(REPORT)

verify: venv
	PYTHONPATH=workflow/scripts $(RUN) brainiarb.verify $(FOLDER) $(if $(REMAKE),--remake $(SNAKEMAKE))

test: venv
	$(strip $(RUN) pytest $(PARALLEL) $(PYTEST))

test-cluster: venv
	PYTHONPATH=workflow/scripts $(RUN) tests.cluster $(if $(CONFIG),--config $(CONFIG)) $(if $(LOCAL),--local $(LOCAL))

docs: venv
	@$(VENV)/bin/python envs/environment.py docs $(VENV)
	rm -rf docs/api
	$(RUN) sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo 'make: open docs/_build/html/index.html'

answers:
	$(VENV)/bin/python docs/study_answers.py results/walker2d $(STUDY)

publish: venv
	PYTHONPATH=workflow/scripts $(RUN) docs.publish $(FOLDER) $(if $(TITLE),--title "$(TITLE)")

compare-published: venv
	@PYTHONPATH=workflow/scripts $(RUN) docs.compare_published $(FOLDER) $(PUBLISHED)

estimate: venv
	PYTHONPATH=workflow/scripts $(RUN) benchmarks.estimate $(CONFIG)

lint: venv
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) snakefmt --check $(SMK)
	$(RUN) snakemake --lint
	$(VENV)/bin/biome check workflow/report/explorer

bench-experts: venv
	PYTHONPATH=workflow/scripts $(RUN) benchmarks.experts $(if $(FULL),--full)

bench-similarity: venv
	PYTHONPATH=workflow/scripts $(RUN) benchmarks.similarity

bench-gaits: venv
	PYTHONPATH=workflow/scripts $(RUN) benchmarks.gaits

bench-workflow: venv
	PYTHONPATH=workflow/scripts $(RUN) benchmarks.workflow

bench-pages: venv
	$(RUN) benchmarks.pages

bench-offline: venv
	@failed=0; for part in offline offline_replay; do \
	  PYTHONPATH=workflow/scripts $(RUN) benchmarks.$$part || failed=1; \
	done; exit $$failed

fuzz: venv
	PYTHONPATH=workflow/scripts:tests $(RUN) benchmarks.fuzz

format: venv
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(VENV)/bin/biome check --write workflow/report/explorer
	$(RUN) snakefmt $(SMK)

venv:
	@$(VENV)/bin/python envs/environment.py check $(VENV) 2>/dev/null || { \
	  command -v $(PYTHON) >/dev/null || { \
	    echo "make: $(PYTHON) is missing: install Python 3.11 or newer (Debian, Ubuntu:" \
	      "apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3" >&2; \
	    exit 1; }; \
	  $(PYTHON) envs/environment.py build $(VENV); }

lock:
	@$(PYTHON) envs/environment.py lock

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache workflow/scripts/brainiarb.egg-info
	rm -rf docs/_build docs/api docs/compare_and_draw.md
	find benchmarks docs envs tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "make: .venv, results and .snakemake (Snakemake's records of results) stay"

help:
	@echo 'make            build .venv (once) and run the default study: snakemake --cores all'
	@echo 'make quick      the same road in two minutes: config/quick.yaml into results/quick'
	@echo 'make report     the study, then its HTML report: $(REPORT)'
	@echo 'make verify     are all files of a study what was written? REMAKE=1 makes again what is not'
	@echo 'make test       the tests;  make lint  what CI checks besides;  make format  mend it'
	@echo 'make test-cluster  the quick study and eight faults on a throw-away Slurm (Debian, root); LOCAL=FOLDER compares'
	@echo '                with a finished local run instead of making one; this is no part of make test and of CI'
	@echo 'make docs       the documentation as HTML: docs/_build/html/index.html'
	@echo 'make answers    write the numbers of the finished default study into README.md and docs/answers.md;'
	@echo '                STUDY=offline_study writes those of offline_methods into docs/offline.md'
	@echo 'make publish    write findings, explorer, claims and figures of the study in FOLDER into docs/reference_study'
	@echo 'make compare-published  does the study in FOLDER agree with the one in PUBLISHED, docs/default_study by default?'
	@echo 'make estimate   what config/reference.yaml and config/full.yaml, or CONFIG, will take, after a default study here'
	@echo 'make bench-experts  how fast experts are made, against stock SB3; FULL=1 trains them anew'
	@echo 'make bench-similarity  how fast CKA is, against the published way and recomputing'
	@echo 'make bench-gaits  how fast gaits are recorded and analysed, against stock tools'
	@echo 'make bench-workflow  what jobs spend before their work; a finished study against its bound, by rule'
	@echo 'make bench-pages     size, start and frames a second of the explorer of the default study, in Chromium'
	@echo 'make bench-offline  how fast clones learn by offline reinforcement learning, and what they make of mixed data; an hour and a half'
	@echo 'make fuzz       20,000 damaged files for the readers: none is misread, hangs or takes much memory'
	@echo 'make venv       build .venv only'
	@echo 'make lock       resolve pyproject.toml anew into envs/lock.txt (PYTHON=python3.11)'
	@echo 'make clean      remove caches; .venv, results and .snakemake stay'
	@echo 'make help       this list'
	@echo
	@echo 'CORES=2                     how many cores, all by default'
	@echo 'CONFIG=config/full.yaml     lay this file over config/config.yaml'
	@echo 'TARGETS="FILE ..."          make only these, e.g. results/walker2d/figures/fig4_psd.png'
	@echo 'OPTIONS="-n"                further options of snakemake, e.g. --config seed=2'
	@echo 'REPORT=FILE                 where make report writes'
	@echo 'FOLDER=results/walker2d     the results of a body, for make verify, publish and compare-published'
	@echo 'TITLE="The study"           the title of the page that make publish writes'
	@echo 'PYTEST="-k gait"            further options of pytest'
	@echo 'PYTHON=/path/to/python3     what to build .venv with; VENV=FOLDER  where'
	@echo 'PIP_OPTIONS="..."           further options of pip install, e.g. for torch without CUDA:'
	@echo '                            --extra-index-url https://download.pytorch.org/whl/cpu'
