# Both quick-start commands set up what they need: a virtual environment and the locked dependencies.
PYTHON ?= python3
ARGS ?=
# What make test runs under; .ci/run measures coverage with it.
UNDER ?=
BIN := .venv/bin
# What .ci/run runs and make test does not even collect.
LONG := $(shell grep -v '^\#' tests/long.txt)
# Many processes read the same code: compiled once, also where the surroundings ask for no trace of that.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run dev test check fmt lock interop soak screenshots clean

# More than production needs: the playground's live avatar has a picture and a voice.
run: .venv/playground
	@$(BIN)/python -m bot $(ARGS)

# What development needs.
dev: .venv/dev

test: .venv/dev
	@$(BIN)/python $(UNDER) -m pytest -n 2 --dist worksteal -q $(LONG:%=--ignore=%) \
		-m "not full and not browser and not outside and not soak" $(ARGS)

check: .venv/dev
	@.ci/check

# Frameworks of others call our tools over MCP (docs/mcp.md), each in an environment of its own.
interop: .venv/dev
	@.ci/interop $(ARGS)

soak: .venv/dev
	@$(BIN)/python -m pytest -s -m soak $(ARGS)

# The pictures of README and docs, of the real playground; .ci/browser installs the Chromium that takes them.
screenshots: .venv/dev
	@PYTHONPATH=. $(BIN)/python docs/screenshots.py $(ARGS)

fmt: .venv/dev
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock:
	@.ci/lock --upgrade

clean:
	rm -rf .venv .tools .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

.venv/playground: requirements/playground.txt
	@.ci/bootstrap $(PYTHON) requirements/playground.txt .venv/playground

.venv/dev: requirements/dev.txt
	@.ci/bootstrap $(PYTHON) requirements/dev.txt .venv/dev
	@cp requirements/playground.txt .venv/playground
