# What people type. `make` alone lists it. Windows: the README has the same steps as plain commands.

# The Python that .venv is made with: 3.11, 3.12 or 3.13.
PYTHON ?= python3
VENV ?= .venv

# The locks that are installed; make test DEV_LOCK=requirements-django6-dev.txt VENV=.venv-django6 tests Django 6.
LOCK ?= requirements.txt
DEV_LOCK ?= requirements-dev.txt

# More words for pytest and for uv: make test PYTEST_ARGS="-k lease -x"; make lock LOCK_ARGS=--upgrade
PYTEST_ARGS ?=
LOCK_ARGS ?=

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --quiet

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres lint format lock messages bench clean

help:  ## List the commands
	@echo "Usage: make COMMAND [PYTHON=python3.12]"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do \
	    printf '  %-15s %s\n' $$name "$$text"; done

run: $(VENV)/.installed  ## Set everything up and serve it with its scheduler; PORT=9000 for another port
	@exec $(BIN)/python manage.py quickstart

# The suite starts hundreds of Pythons: they may keep what they compile, whatever the machine says elsewhere.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.installed-dev  ## Run the test suite; PYTEST_ARGS="-k name" for a part of it
	$(BIN)/python -W error -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

test-postgres: export TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
test-postgres: test  ## The same suite with PostgreSQL as the database (TEST_DATABASE_URL)

lint: $(VENV)/.installed-dev  ## Check style, types, the direction of imports and the locks
	$(BIN)/python tools/check_requirements.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev  ## Put the code into the form that lint wants
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/.installed-dev  ## Collect the texts to translate and compile the translations (needs gettext)
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-wrap --no-location --ignore '.venv*' --ignore var
	$(BIN)/python manage.py compilemessages --locale zh_Hans --ignore '.venv*' --ignore var

bench: $(VENV)/.installed-dev  ## Repeat the measurements that the documents quote
	$(BIN)/python -m benchmarks

clean:  ## Remove what the commands above made, except data: var/ stays
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Installing -------------------------------------------------------------------------------------------
# The stamp holds the lock that was installed: a second `make run` compares and goes on. Where the Python of
# the environment is gone (an upgraded system), the environment is made anew.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) tools/check_python.py
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(LOCK) | $(BIN)/python
	@echo "Installing $(LOCK) into $(VENV) …"
	@$(PIP_INSTALL) -r $(LOCK)
	@touch $@

$(VENV)/.installed-dev: $(DEV_LOCK) | $(BIN)/python
	@echo "Installing $(DEV_LOCK) into $(VENV) …"
	@$(PIP_INSTALL) -r $(DEV_LOCK)
	@touch $@

# --- Locking ----------------------------------------------------------------------------------------------
# Every lock holds all it needs, for Python 3.11 to 3.13 and any system; the larger ones keep to the versions
# of the smaller. Only the public registry is asked: what this machine has configured must not leak in.

COMPILE = env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
    $(BIN)/uv --no-config --quiet pip compile pyproject.toml --universal --generate-hashes --no-annotate \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK_ARGS)

lock: $(VENV)/.installed-dev  ## Renew the locks from pyproject.toml; LOCK_ARGS=--upgrade takes newer versions
	$(COMPILE) --python-version 3.11 --group django5 -o requirements.txt
	$(COMPILE) --python-version 3.11 --group django5 --extra scale -c requirements.txt -o requirements-scale.txt
	$(COMPILE) --python-version 3.11 --group django5 --group dev -c requirements-scale.txt -o requirements-dev.txt
	$(COMPILE) --python-version 3.12 --group django6 -o requirements-django6.txt
	$(COMPILE) --python-version 3.12 --group django6 --group dev -c requirements-django6.txt -o requirements-django6-dev.txt
	$(BIN)/python tools/check_requirements.py
