# Steady's commands. `make` alone lists them; `make setup` is quick when nothing changed.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test test-fast test-faults bench check fix messages screenshots lock clean

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Steady needs Python 3.11 or newer. Name one with: make PYTHON=python3.12 …")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages of requirements.lock…"
	@# Without compiling, which Python does by itself for what is imported: 10 s instead of 23 s when measured.
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@touch $(RUNTIME)

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the packages of requirements-dev.lock…"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(DEV)

.env: portal/envfile.py
	@$(PYTHON) portal/envfile.py .env
	@echo "Wrote what .env lacked: development mode, random keys, not tracked."

setup: $(RUNTIME) .env ## Environment and an untracked development .env
setup-dev: setup $(DEV)

demo: setup ## The whole story on this machine: http://127.0.0.1:8000/demo
	@exec $(MANAGE) demo

test: setup-dev ## Everything CI runs
	@exec $(PY) -m tests.everything

test-fast: setup-dev ## Domain and actions on SQLite, under 30 seconds
	@exec $(PY) -m pytest -q tests/domain tests/actions

test-faults: setup-dev ## The long fault tests: real processes, killed at random
	@exec $(PY) -m tests.faults

bench: setup-dev ## What was promised about speed, as ratios in one table (BENCH_N=100k for a short look)
	@exec $(PY) -m bench

check: setup-dev ## Lint, types, import walls, Django's own checks
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(MANAGE) check --fail-level WARNING
	@$(MANAGE) makemigrations --check --dry-run

fix: setup-dev ## Format and mend what ruff can mend
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

messages: setup-dev ## Collect sentences, draft zh-Hant, compile the catalogues
	@exec $(MANAGE) messages

screenshots: setup-dev ## The README's pictures from the running demo
	@exec $(PY) -m tests.screenshots

lock: setup-dev ## Renew both lock files (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Forget the demo's data; keeps the environment
	rm -rf var
