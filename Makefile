# Each target sets up what it needs. A fresh machine has to have Python 3.11 or newer, make and a package index.

PYTHON ?= python3
PYTEST_ARGS ?= -n auto
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.8

.DEFAULT_GOAL := help
.PHONY: help setup demo test laws check bench evaluation docs reference lock clean

help: ## show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

setup: $(READY) ## install Ringfence and its tools into .venv

demo: $(READY) ## invent traffic with known fraud, catch it, and show what it cost
	$(BIN)/ringfence demo

test: $(READY) ## run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

laws: $(READY) ## try the laws of order, restarts and shards on twenty times as many examples
	LAWS_TIMES=20 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/engines tests/pipeline tests/features

check: $(READY) ## lint, types, who imports whom, reference pages and the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/generate_client.py --check
	$(BIN)/zensical build --clean --strict

bench: $(READY) ## measure, and write docs/benchmarks.json
	$(BIN)/python -m bench

evaluation: $(READY) ## measure recall, money and false alerts beside two rules of today, and write the tables
	$(BIN)/python -m bench.evaluation --seeds 901,902,903,904,905 --subscribers 5000 --days 7

docs: $(READY) ## write the reference pages and build the documentation into site/
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/generate_client.py
	$(BIN)/zensical build --clean --strict

lock: $(READY) ## take newer versions of what we depend on
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-emit-index-url --no-annotate --quiet --output-file requirements.lock

clean: ## remove what was built; .ringfence, where records and alerts are, stays
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# pip fetches uv, uv the rest: the versions and hashes of requirements.lock, from the index that pip is set up for.
# Kernels are compiled here, so that the first fraud of `make demo` is on the screen at once; doctor's findings stop nothing.
# A set-up that was cut off is done again, as the last line was not reached.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Ringfence needs Python 3.11 or newer. Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@echo "Setting up $(VENV), once; this takes a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input uv==$(UV_VERSION)
	@index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)}"; \
	cert="$${PIP_CERT:-$$($(BIN)/python -m pip config get global.cert 2>/dev/null || true)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	if [ -n "$$cert" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$cert}"; fi; \
	export UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$(CURDIR)/$(VENV)"; \
	$(BIN)/uv pip sync --quiet --require-hashes requirements.lock && \
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@echo "Compiling the kernels, once: half a minute or so"
	@$(BIN)/ringfence doctor --compile >/dev/null 2>&1 || \
	  echo "Something is not as it should be: $(BIN)/ringfence doctor says what, and what to do"
	@touch $@
