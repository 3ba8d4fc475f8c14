# `make` lists what there is; `make run` and `make test` need Python 3.11 or newer and nothing else.

PYTHON3 ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input
# --no-deps: the lock is complete, so pip need not look for anything that it does not name; `pip check`
# then says whether it is. Without --use-pep517 old pips announce the end of their way to build sdists.
INSTALL := $(PIP) --quiet install --use-pep517 --require-hashes --no-deps
LOCK := $(PYTHON) -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-header --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-dev run test test-slow test-slow-together test-slow-alone check bench chaos drill hosts lock clean

help:
	@echo "make run        set up and run the site on http://localhost:8000/ (PORT=8001 make run: elsewhere)"
	@echo "make test       the quick tests (some minutes)"
	@echo "make test-slow  the rest: real servers, kill -9, a browser"
	@echo "make check      lint, formatting, types, migrations, templates"
	@echo "make bench      measurements"
	@echo "make chaos      kills 1,000 workers on each database and counts what was sent (minutes)"
	@echo "make drill      takes away database, broker, relay, disk and clock by turns, and prints what came of it"
	@echo "make hosts      four hosts in network namespaces (root): their speed, and each link cut once"
	@echo "make lock       write requirements*.txt from requirements*.in"
	@echo "make clean      remove $(VENV) and caches; var/, your data, stays"

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

run: setup
	@$(PYTHON) manage.py up --demo

test: setup-dev
	@$(PYTHON) -m pytest -m "not slow" -n auto --dist worksteal

test-slow: test-slow-together test-slow-alone

test-slow-together: setup-dev
	@$(PYTHON) -m pytest -m "slow and not alone" --durations 40 -n auto --dist loadfile

test-slow-alone: setup-dev
	@$(PYTHON) -m pytest -m "slow and alone" --durations 10

check: setup-dev
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py lintmigrations --settings tests.migration_lint
	$(PYTHON) -m djlint --quiet --lint templates

bench: setup-dev
	@$(PYTHON) -m tests.bench

chaos: setup-dev
	@$(PYTHON) -m tests.chaos

drill: setup-dev
	@$(PYTHON) -m tests.drill

hosts: setup-dev
	@$(PYTHON) -m tests.hosts

lock: setup-dev
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

# Stamps: what they stand for was finished, so an interrupted set-up is taken up again.
$(VENV)/.made:
	@command -v $(PYTHON3) >/dev/null || \
	  { echo "Python is missing: install Python 3.11 or newer (apt-get install python3 python3-venv)."; exit 1; }
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON3) is older. With another one: make run PYTHON3=python3.12"; exit 1; }
	@$(PYTHON3) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it (apt-get install python3-venv) and try again."; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON3) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: requirements.txt $(VENV)/.made
	@echo "Installing the packages of requirements.txt (once; about a minute) ..."
	@$(INSTALL) -r requirements.txt
	@$(PIP) check
	@touch $@

# It holds everything in requirements.txt too, at the same versions.
$(VENV)/.installed-dev: requirements.txt requirements-dev.txt $(VENV)/.made
	@echo "Installing the packages of requirements-dev.txt (once; about a minute) ..."
	@$(INSTALL) -r requirements-dev.txt
	@$(PIP) check
	@touch $(VENV)/.installed $@
