# `make demo` and `make test` are all a fresh machine needs: Debian, Python 3.11 or later, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

# Every version, of what is installed and of what builds the package, comes from the lock. pip has two names for the two;
# before 25.3 the first was read for both.
INSTALL = PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q
NEWEST := $(VENV)/newest
# Four more than there are cores: more than half of the time of the tests is waiting, for processes to die and for settling times.
TESTERS := $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 4)")

.PHONY: help demo test check coverage bench lab lock newest dist clean

help:
	@echo "make demo   send the sample campaign to the local sandbox"
	@echo "make test   install the test extras and run every test"
	@echo "make check  ruff, ruff format, mypy --strict, tests"
	@echo "make coverage  the tests once more, counting the lines and branches they reach"
	@echo "make bench  the benchmarks, as ratios; fails when one misses its bound"
	@echo "make lab    the notebooks in JupyterLab"
	@echo "make lock   write constraints.txt anew, with the newest versions that go together"
	@echo "make newest  the unit tests with the newest of everything, without the lock"
	@echo "make dist HOME_URL=https://…  what is published: sdist and wheel, with the project's addresses in them"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "smscampaign needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.cli: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV), which takes about a minute and says nothing meanwhile ..."
	$(INSTALL) -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e '.[test]'
	@touch $@ $(VENV)/.cli

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.cli

$(VENV)/.notebook: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing JupyterLab into $(VENV), which takes some minutes and says nothing meanwhile ..."
	$(INSTALL) -e '.[notebook]'
	@touch $@ $(VENV)/.cli

demo: $(VENV)/.cli
	$(BIN)/python -m smscampaign demo sample_data

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadgroup

# By itself, because watching every line makes the tests take half as long again.
coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadgroup --cov --cov-report=term

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) test

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

lab: $(VENV)/.notebook
	$(BIN)/jupyter lab notebooks

# For Python 3.11 and later and every system at once; uv writes it, and only this target needs uv.
lock: | $(BIN)/python
	$(BIN)/python -m pip install -q uv
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	| UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras \
	  --no-annotate --no-emit-index-url --upgrade -o constraints.txt pyproject.toml -

newest:
	$(PYTHON) -m venv --clear $(NEWEST)
	$(NEWEST)/bin/python -m pip install -q uv
	$(NEWEST)/bin/uv pip install -q --python $(NEWEST)/bin/python -e '.[test]'
	$(NEWEST)/bin/python -m pytest tests/unit -q -n auto --tb=short -p no:cacheprovider

# Where the project is published stands nowhere in it; whoever publishes says so.
dist: $(VENV)/.test
	@$(BIN)/python docs/make_dist.py "$(HOME_URL)"

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
