# make demo    install, train two agents, compare them with rules and a solver (6 minutes); PROBLEM=tardiness, soc
# make test    install with the test extra, run the tests (10 minutes)
# make contract PROBLEM=jobshop   the checks that every problem passes, on one of them
# make docs    the API reference, from the docstrings
# make check   lint, types, tests and the contract without JIT and with bounds checks: what CI runs
PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?= -n 2 --dist worksteal
VENV := .venv
BIN := $(VENV)/bin

# Processes are the only parallelism: one torch and BLAS thread in each.
export OMP_NUM_THREADS ?= 1

.PHONY: install demo docs test lint types contract contract-nojit contract-boundscheck check tensorboard clean
.DELETE_ON_ERROR:

install: $(VENV)/.installed

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "DispatchGym needs Python 3.11 or later; name one with: make install PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make a virtual environment (no ensurepip): install its venv package" \
	       "(Debian, Ubuntu: apt install python3-venv), then run make again" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install $(PIP_ARGS) -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install $(PIP_ARGS) -e ".[test]"
	@touch $(VENV)/.installed $@

$(VENV)/.installed-docs: pyproject.toml $(VENV)/.created
	$(BIN)/python -m pip install $(PIP_ARGS) -e ".[docs]"
	@touch $(VENV)/.installed $@

# The API reference, from the docstrings: build/docs/index.html
docs: $(VENV)/.installed-docs
	$(BIN)/python -m pdoc --docformat google -o build/docs envs agents baselines experiments

demo: $(VENV)/.installed
	$(BIN)/python -m experiments.demo $(PROBLEM)

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/pyright --pythonpath $(BIN)/python

# The contract of one problem, or of all: make contract PROBLEM=jobshop
contract: $(VENV)/.installed-test
	DISPATCHGYM_PROBLEM=$(PROBLEM) $(BIN)/python -m pytest $(PYTEST_ARGS) tests/test_contract.py

contract-nojit: $(VENV)/.installed-test
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest $(PYTEST_ARGS) tests/test_contract.py

# A cache of its own: numba's cache does not tell checked code from unchecked code.
contract-boundscheck: $(VENV)/.installed-test
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=.cache/boundscheck $(BIN)/python -m pytest $(PYTEST_ARGS) tests/test_contract.py

check: lint types contract-nojit contract-boundscheck test

tensorboard: $(VENV)/.installed
	$(BIN)/tensorboard --logdir runs

clean:
	rm -rf $(VENV) .cache build *.egg-info
