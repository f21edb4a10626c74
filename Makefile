# Everything a developer needs: make install, make up, make test, make check.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
REPOS ?= .
export UV_PROJECT_ENVIRONMENT ?= .venv
VENV := $(UV_PROJECT_ENVIRONMENT)
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PATHS := plumbline config core apps tests benchmarks manage.py

.PHONY: help install up test screenshots test-faults check lint types contracts templates django squawk security self

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## Install everything into .venv

$(STAMP): pyproject.toml uv.lock .python-version bin/find-uv
	@uv="$$(bin/find-uv)"; "$$uv" sync --all-extras --locked --quiet
	@touch $@

up: $(STAMP) ## Run Plumbline here and scan REPOS="URL_OR_PATH …" (PORT=8000)
	@exec $(PYTHON) manage.py up --port $(PORT) $(REPOS)

test: $(STAMP) ## Run the whole test suite against real servers and a real browser
	@$(PYTHON) -m pytest $(ARGS)

screenshots: $(STAMP) ## Take pictures of every page in four forms into var/screenshots (PAGES="fleet rule")
	@$(PYTHON) -m tests.browser.screenshots var/screenshots $(PAGES)

test-faults: $(STAMP) ## Kill, cut off and flood what scans need, in full (about 20 minutes)
	@PLUMBLINE_FAULTS=full $(PYTHON) -m pytest -n 0 -m faults --durations=0 $(ARGS)

check: lint types contracts templates django squawk security self ## Check style, types, contracts and settings

lint: $(STAMP)
	$(VENV)/bin/ruff check $(PATHS)
	$(VENV)/bin/ruff format --check $(PATHS)

types: $(STAMP)
	$(VENV)/bin/mypy

contracts: $(STAMP)
	$(VENV)/bin/lint-imports

templates: $(STAMP)
	git ls-files -z 'templates/*.html' | xargs -0 --no-run-if-empty $(VENV)/bin/djade --check --target-version 6.1
	DJANGO_SETTINGS_MODULE=config.settings.test $(PYTHON) manage.py compile_templates

django: $(STAMP)
	PYTHONWARNINGS=ignore::RuntimeWarning DJANGO_SETTINGS_MODULE=config.settings.test $(PYTHON) manage.py makemigrations --check --dry-run
	bin/with-throwaway-environment $(PYTHON) manage.py check --deploy --fail-level WARNING

# What squawk finds in the SQL of our own migrations. Accepted: the constraints of scans and snapshots are rebuilt in
# milliseconds, because they are one row a push, and the parts of scans are gone when those end; those of findings widen a
# varchar, which rewrites nothing, and drop what no release had; repositories and tokens are few, and sheets a table that is new.
squawk: $(STAMP)
	DJANGO_SETTINGS_MODULE=config.settings.test $(PYTHON) manage.py migration_sql . --summary --strict \
	    --accept scans.0002_a_verdict_may_end --accept scans.0006_lanes_and_the_log_of_a_scan \
	    --accept scans.0007_history_of_repositories --accept findings.0002_events_of_findings \
	    --accept findings.0003_present_findings_are_unique --accept findings.0005_last_seen_is_not_rewritten \
	    --accept scans.0011_the_life_of_a_scan --accept scans.0017_sql_of_migrations_in_parts \
	    --accept scorecards.0003_score_without_waivers --accept scorecards.0004_sheets_and_causes \
	    --accept scorecards.0007_baselines_that_move \
	    --accept repositories.0005_teams_tags_and_owners --accept accounts.0003_teams

security: $(STAMP)
	$(VENV)/bin/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml plumbline config core apps

self: $(STAMP)
	$(VENV)/bin/plumbline check .
