# `make` alone prints the targets. `make check` is exactly what CI checks first; `make test` sets up and runs all tests.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
CACHE := .cache
PYTEST := $(BIN)/python -m pytest

.PHONY: help
help: ## print the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: setup
setup: $(VENV)/.stamp ## install system packages, Python environment (idempotent, asks nothing)

.PHONY: system
system: ## install the Debian packages that sessions need (crun, nftables, tini) and the tests use
	@tools/setup/packages

$(VENV)/.stamp: requirements-dev.lock pyproject.toml tools/setup/python tools/setup/packages
	@tools/setup/packages
	@python="$$(tools/setup/python)" && { [ -x $(BIN)/python ] || "$$python" -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Python looks for this when it starts, and must not find one that an agent made in the checkout (warden/daemon/own.py).
	@touch "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/sitecustomize.py"
	@touch $@

.PHONY: demo
demo: setup ## show the main job against a local AWS: a list that works, a terminate that is denied, the audit lines
	@tools/setup/clients awscli javascript
	@$(BIN)/python -m tools.demo

.PHONY: check
check: setup ## lint, format, types, import contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.tables --check

.PHONY: tables
tables: setup ## rebuild the decoding tables and the Cedar schema from their sources
	$(BIN)/python -m tools.tables

.PHONY: clients
clients: setup ## install the real clients that the end-to-end tests run (aws CLI, boto3 of 2022, JavaScript SDK, s5cmd)
	@tools/setup/clients

.PHONY: test-unit
test-unit: setup ## the fast, pure tests
	$(PYTEST) tests/unit -n 2 -q -m "not slow"

.PHONY: test
test: setup clients check ## set up and run everything that CI runs
	$(PYTEST) tests/unit -n 2 -q -m "not slow"
	$(PYTEST) tests/integration tests/e2e tests/escape -q -m "not slow" --ignore tests/e2e/kubernetes --ignore tests/e2e/agents

.PHONY: e2e-kubernetes
e2e-kubernetes: setup ## build a real kube-apiserver, kubectl, helm and etcd (once, minutes; needs Go), and run real clients against them
	@tools/setup/clients kubernetes
	@tools/setup/kubernetes
	$(PYTEST) tests/e2e/kubernetes -q

.PHONY: e2e-agents
e2e-agents: setup ## install real agents (claude, codex, gemini, aider; once, 1.5 GB) and run each against a stand-in of its model's API
	@tools/setup/clients agents
	$(PYTEST) tests/e2e/agents -q

.PHONY: escape
escape: setup ## only the attempts to get out of the sandbox, each with a control run
	$(PYTEST) tests/escape -q

.PHONY: test-slow
test-slow: setup clients ## what takes minutes: 1 GiB transfers, old SDKs' whole models
	$(PYTEST) tests -q -m slow

FUZZ_SECONDS := 60
.PHONY: fuzz
fuzz: setup ## coverage-guided fuzzing of every dialect, FUZZ_SECONDS each (default 60)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.lock
	@for dialect in $$($(BIN)/python -c 'from tests.fuzz.seeds import FAMILIES; print(*FAMILIES)'); do \
	  $(BIN)/python -m tests.fuzz $$dialect $(FUZZ_SECONDS); done

.PHONY: bench
bench: setup ## the figures of docs/benchmarks.md, as ratios measured in one run
	@tools/setup/clients scanners || echo "the scanners to compare with could not be installed: their rows say so"
	@$(BIN)/python -m benchmarks

.PHONY: lock
lock: ## renew requirements*.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.12 --generate-hashes --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.12 --generate-hashes --no-annotate --quiet -o requirements-dev.lock
	uv pip compile --group fuzz --universal --python-version 3.12 --generate-hashes --no-annotate --quiet -o requirements-fuzz.lock

.PHONY: clean
clean: ## remove what the targets above made, the caches included
	rm -rf $(VENV) $(CACHE) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
