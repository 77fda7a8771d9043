# make demo    from a clone to a page that answers, on a CPU        make test    the fast tests
# make check   every recipe, lint and types                         make setup   only the environment
# Relative paths throughout: the project may lie under a path with blanks and Hangul.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.mundap-ready

.PHONY: demo setup test slow check clean

demo: setup
	$(BIN)/mundap run configs/demo
	$(BIN)/mundap web configs/demo/rag.yaml

setup: $(STAMP)

# The lock holds every package with its hash; the project itself is installed as an editable link to this folder.
# Where Python is told to write no bytecode, every child process would compile its libraries anew: done once, here.
$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/python -m uv pip sync $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode) --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/python -m uv pip install --python $(BIN)/python --no-deps --editable .
	touch $(STAMP)

test: setup
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

slow: setup
	$(BIN)/python -m pytest -q -m slow

check: setup
	$(BIN)/mundap check
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf build *.egg-info .pytest_cache .mypy_cache .ruff_cache
