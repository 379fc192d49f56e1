# Everything that people do with a checkout. Needed beforehand: Python 3.11 or newer, make, and a package registry.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
GRAPHIQL ?= .cache/graphiql

.DEFAULT_GOAL := help
.PHONY: help install develop run test lint format golden schema docs vectors graphiql bench pins checks reset clean

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

install: $(VENV)/installed ## Install the program and the embedded PostgreSQL into a virtual environment

develop: $(VENV)/developing ## Install what tests and checks need as well

run: install ## Serve the API and GraphiQL over demo data, from an empty machine in one go
	$(BIN)/atrium serve --migrate --seed --demo-worker

test: develop ## Run all tests; PostgreSQL is started by them
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: develop ## Check style, types and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/deptry .

format: develop ## Put the code into its standard form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

golden: develop ## Write the golden files anew; read the difference before you commit it
	$(BIN)/python -m pytest -n $(WORKERS) --rewrite-golden tests/api/test_golden.py tests/api/writing/test_golden.py $(ARGS)

schema: install ## Write schema.graphql anew
	$(BIN)/atrium schema --output schema.graphql

docs: develop ## Write what is made from the code in docs/ anew
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/permissions.py
	$(BIN)/python docs/executions.py

vectors: install ## Make the vectors of the demo's texts anew
	$(BIN)/python -m api.embeddings.demo

graphiql: install ## Fetch GraphiQL's files with npm, for browsers without internet
	$(BIN)/python -m api.http.graphiql_assets $(GRAPHIQL)

bench: develop ## Measure; leave the machine alone meanwhile
	$(BIN)/python -m bench $(ARGS)

pins: develop ## Renew the exact versions in requirements.txt and requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra embedded --extra local --extra redis --universal --python-version 3.11 --upgrade \
		--no-header --no-emit-index-url --no-emit-find-links --output-file requirements.txt --quiet
	$(BIN)/uv pip compile pyproject.toml --extra embedded --extra local --extra redis --extra dev --universal --python-version 3.11 \
		--constraint requirements.txt --no-header --no-emit-index-url --no-emit-find-links \
		--output-file requirements-dev.txt --quiet

checks: develop ## Run outside test suites in CHECKS=folder against the API that is being served
	@test -n "$(CHECKS)" || { echo "Say where they are: make checks CHECKS=folder"; exit 2; }
	cd $(CHECKS) && for check in *-audit.mjs *-check.mjs *-lint.mjs; do node $$check $(ARGS) || exit 1; done

reset: install ## Delete all data of the embedded PostgreSQL
	$(BIN)/atrium reset

clean: ## Delete everything that was made here, the data excepted
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) --requirement requirements.txt
	$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/developing: requirements-dev.txt $(VENV)/installed
	$(PIP) --requirement requirements-dev.txt
	@touch $@
