# Every target sets up what it needs; Python 3.8 or newer with venv, and make, are
# enough. `make test ARGS="-k upgrade"` hands arguments on to pytest.

PYTHON ?= python3
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools
BENCH := .stacks/bench
PIP := $(RUN) -m pip --disable-pip-version-check -q

.PHONY: help demo test matrix conformance env-templates env-rewrites crash \
	replicas lint format typecheck dist bench without-legacy ci clean

help:
	@echo "make demo            run the legacy example on SQLite"
	@echo "make test            run the tests on the newest of everything"
	@echo "make matrix          run the tests on old and new stacks"
	@echo "make conformance     run the tests of Flask-Script and Flask-Migrate"
	@echo "make env-templates   run every env.py that Flask-Migrate generated"
	@echo "make env-rewrites    rewrite every old one of them, and run the result"
	@echo "make crash           kill upgrades at every statement, on three servers"
	@echo "make replicas        start 8 and 32 upgrades at once, on three servers"
	@echo "make without-legacy  run the tests with the legacy folder deleted"
	@echo "make lint typecheck  ruff, mypy --strict"
	@echo "make format          let ruff lay out the code"
	@echo "make dist            build sdist and wheel, and try both"
	@echo "make bench           compare the speed with Flask-Migrate's; 15 minutes"
	@echo "make ci              everything that the CI runs"
	@echo "make clean           remove all that these targets made"

# The stamps are written last: an interrupted set-up starts again from an empty venv.
$(INSTALLED): setup.cfg setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 8))' || { echo \
	  "Error: $(PYTHON) is older than 3.8 or missing. Try: make PYTHON=python3.12"; \
	  exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install -e '.[test]'
	@touch $@

$(TOOLS): $(INSTALLED)
	$(PIP) install -e '.[dev]'
	@touch $@

demo: $(INSTALLED)
	@$(RUN) examples/demo.py

test: $(INSTALLED)
	$(RUN) -m pytest $(ARGS)

# These make their own environments, below .stacks.
matrix:
	$(PYTHON) -m tests.matrix $(ARGS)

conformance:
	$(PYTHON) -m tests.matrix.conformance $(ARGS)

# Add ARGS=--write to renew docs/legacy_env_py.rst.
env-templates:
	$(PYTHON) -m tests.matrix.env_templates $(ARGS)

# The package index's client needs setuptools for the oldest archives.
env-rewrites: $(INSTALLED)
	$(PIP) install setuptools wheel
	$(RUN) -m tests.matrix.env_fingerprints --check
	$(RUN) -m tests.matrix.env_rewrites $(ARGS)

# Add ARGS="--help" to see how to run a part of them; they need the servers.
crash:
	$(PYTHON) -m tests.crash $(ARGS)

replicas:
	$(PYTHON) -m tests.crash.replicas $(ARGS)

without-legacy:
	$(PYTHON) -m tests.matrix.without_legacy

lint: $(TOOLS)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(TOOLS)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

typecheck: $(TOOLS)
	$(RUN) -m mypy
	$(RUN) -m mypy -p tests.matrix
	$(RUN) -m mypy --follow-imports=silent tests/crash
	$(RUN) -m mypy --follow-imports=silent --exclude '/(lock|startup)[.]py' benchmarks

dist: $(TOOLS)
	$(RUN) -m tests.matrix.dist

# An environment of its own, because `make test` is to run without the drivers.
$(BENCH)/.installed: setup.cfg setup.py pyproject.toml
	$(PYTHON) -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip --disable-pip-version-check -q install \
	  -e '.[test,servers,bench]'
	@touch $@

# Without bytecode files every start would compile the start-up module again. The
# comparison with Flask-Migrate takes most of the time: ARGS=--quick makes it short,
# ARGS=--write renews docs/performance.rst.
bench: $(BENCH)/.installed
	unset PYTHONDONTWRITEBYTECODE; $(BENCH)/bin/python benchmarks/startup.py
	$(BENCH)/bin/python -m benchmarks $(ARGS)
	$(BENCH)/bin/python -m benchmarks.autogenerate
	$(BENCH)/bin/python -m benchmarks.lock
	$(BENCH)/bin/python -m benchmarks.scanning

ci:
	.ci/run

clean:
	rm -rf $(VENV) .stacks build dist *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
