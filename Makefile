# Everything a person does with a checkout; `make` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
DEMO_MODELS := --model simulated/claude-3-5-sonnet-20240620 --model simulated/gpt-4o-2024-05-13
QUICK := -m "not slow and not browser"
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist worksteal
# These kill and time, two files side by side.
SLOW := -m "slow or browser"
# What fails beside others is tried again with the machine to itself; where nothing was noted down, it fails.
AGAIN := --last-failed --last-failed-no-failures none
SQL := $(BIN)/nightbench sql

.PHONY: help demo test quick check fix drills bench docs lock clean

help: ## list what can be done
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

.venv/run: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "nightbench needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments (on Debian: the package python3-venv)." >&2; exit 2; }
	@echo "making .venv with $(PYTHON) and installing what requirements.lock pins (a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m flows.server.prefect_database
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	@echo "installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/run ## two starter suites against two simulated models: no keys, a minute
	@$(BIN)/nightbench run --suite word_problems --suite json_only $(DEMO_MODELS)
	@echo
	@echo 'Three queries to try next:'
	@echo '  $(SQL) "select suite, model, n, accuracy, ci_low, ci_high, usd_per_correct from leaderboard_simulated"'
	@echo '  $(SQL) "select model, suite, reason, count(*) as n from latest_grades where is_score and not passed group by all order by n desc"'
	@echo '  $(SQL) "select * from cost_by_model"'

test: .venv/dev ## every test, with its own set-up
	@$(BIN)/pytest $(QUICK) $(SIDE_BY_SIDE) || $(BIN)/pytest $(QUICK) $(AGAIN)
	@$(BIN)/pytest $(SLOW) -n 2 --dist loadfile || $(BIN)/pytest $(SLOW) $(AGAIN)

quick: .venv/dev ## the tests that take no time
	@$(BIN)/pytest $(QUICK) $(SIDE_BY_SIDE)

check: .venv/dev ## what CI runs before the tests: format, lint, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: .venv/dev ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

drills: .venv/dev ## the kills, cuts, storms, attacks and mutants of the tests, with the large N
	@NIGHTBENCH_DRILLS=$${NIGHTBENCH_DRILLS:-20} $(BIN)/pytest -m slow --timeout=7200

bench: .venv/dev ## speed and memory, with figures and the machine
	@for program in bench/bench_*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

docs: .venv/dev ## write docs/sql.md from the headers of tables, views and macros
	@$(BIN)/python -m tests.warehouse.sql_page > .sql.md && mv .sql.md docs/sql.md

lock: ## pin what pyproject.toml allows, with hashes (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml --group build -o requirements.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml --group build --group dev -o requirements-dev.lock

clean: ## remove the virtual environment and caches; results stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
