# `make demo` and `make test` are all a fresh machine needs: Debian, Python 3.11 or later, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help demo test check coverage bench lab clean

help:
	@echo "make demo   send the sample campaign to the local sandbox"
	@echo "make test   install the test extras and run every test"
	@echo "make check  ruff, ruff format, mypy --strict, tests"
	@echo "make coverage  the tests once more, counting the lines and branches they reach"
	@echo "make bench  the benchmarks, as ratios"
	@echo "make lab    the notebooks in JupyterLab"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "smscampaign needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.cli: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[test]'
	@touch $@ $(VENV)/.cli

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.cli

$(VENV)/.notebook: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[notebook]'
	@touch $@ $(VENV)/.cli

demo: $(VENV)/.cli
	$(BIN)/python -m smscampaign run sample_data/spring_sale.csv --sandbox --yes

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadgroup

# By itself, because watching every line makes the tests take half as long again.
coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) test

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

lab: $(VENV)/.notebook
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
