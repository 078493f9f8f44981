# Every target does its own set-up: only Python 3.11+ and make are needed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help:  ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (about a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

setup: $(READY)  ## Make the environment

test: $(READY)  ## Lint, type-check and run the whole test suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: $(READY)  ## Lint and type-check only
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

PORT ?= 3000

demo: $(READY)  ## Sync a made-up account and show what landed
	@$(BIN)/lever-assets demo

demo-ui: $(READY)  ## The same, then Dagster's UI on it (PORT=3000)
	@$(BIN)/lever-assets demo --ui --port $(PORT)

# What a shell starts in its background is deaf to Ctrl-C, and Dagster then ignores SIGTERM as well: it is to listen.
LISTENING := $(BIN)/python -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])'

ui: $(READY)  ## Dagster's UI and daemon on your own account (PORT=3000)
	@DAGSTER_HOME=$(CURDIR) PYTHONWARNINGS='ignore:Function `dev_command` is superseded' \
		$(LISTENING) $(BIN)/dagster dev -w workspace.yaml -p $(PORT)

docs: $(READY)  ## Write the generated pages of the documentation anew
	$(BIN)/python docs/generate.py

.PHONY: help setup test lint demo demo-ui ui docs
