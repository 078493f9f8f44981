# Every target does its own set-up: only Python 3.11+ and make are needed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What is installed: what running needs, and with it what tests need. Who only looks waits for the first alone.
READY := $(VENV)/.ready
READY_FOR_TESTS := $(VENV)/.ready-for-tests
WANTED := pyproject.toml constraints.txt $(BIN)/python
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# A Python without its part ensurepip (Debian keeps that in python3-venv) says so, and leaves half an environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@$(PYTHON) -m venv --clear $(VENV) || { rm -f $@; exit 1; }

$(READY): $(WANTED)
	@echo "Installing into $(VENV) (about a minute, once) ..."
	@$(INSTALL) '.[dg]'
	@touch $@

$(READY_FOR_TESTS): $(WANTED)
	@echo "Installing into $(VENV), also what tests need (about two minutes, once) ..."
	@$(INSTALL) '.[dev]'
	@touch $(READY) $@

setup: $(READY_FOR_TESTS)  ## Make the environment

test: $(READY_FOR_TESTS)  ## Lint, type-check and run the whole test suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	.ci/tried $(BIN)/pytest --numprocesses auto --dist worksteal

test-long: $(READY_FOR_TESTS)  ## Run what takes longer: weeks, soaks, every combination
	.ci/tried $(BIN)/pytest --numprocesses auto --dist load -m long

test-deploy: $(READY_FOR_TESTS)  ## Run the processes of deploy/compose.yaml (needs redis-server)
	.ci/tried $(BIN)/pytest -m deploy

test-browser: $(READY_FOR_TESTS)  ## Try the page for connecting, by Kombo's widget, and the report in a real browser (needs Chromium)
	.ci/tried $(BIN)/pytest -m browser

# No environment of ours: it makes one that has nothing but the wheel and the example.
test-example:  ## Build the wheel, and try examples/hiring with it
	.ci/example $(PYTHON)

# No environment of ours either: what dbt brings along would bind what we use.
test-dbt:  ## Build the wheel, and try dbt/, DuckDB and the notebook with it
	.ci/dbt $(PYTHON)

lint: $(READY_FOR_TESTS)  ## Lint and type-check only
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

PORT ?= 3000

demo: $(READY)  ## Sync a made-up account and show what landed
	@$(BIN)/lever-assets demo

demo-ui: $(READY)  ## The same, then Dagster's UI on it (PORT=3000)
	@$(BIN)/lever-assets demo --ui --port $(PORT)

ui: $(READY)  ## Dagster's UI and daemon (dg dev) on your own account (PORT=3000)
	@DAGSTER_HOME=$(CURDIR) $(BIN)/lever-assets ui --with-dg --port $(PORT)

docs: $(READY)  ## Write the generated pages of the documentation anew
	$(BIN)/python -m docs.generate

pictures: $(READY_FOR_TESTS)  ## Take the screenshots of the documentation anew (needs Chromium)
	$(BIN)/python -m docs.pictures

.PHONY: help setup test test-long test-deploy test-browser test-example test-dbt lint demo demo-ui ui docs pictures
