# Everything sets itself up: a bare machine needs only Python 3.11 or newer (and make).
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: serve test check gallery bench docs clean
.DEFAULT_GOAL := serve

serve: .venv/ready  ## set up if needed, then open the app
	$(BIN)/seewhy serve $(ARGS)

test: .venv/ready-dev  ## all tests; those that need a browser or data say so and are skipped
	$(BIN)/python -m pytest -q $(ARGS)

check: .venv/ready-dev  ## lint, format, types, import contract, types of the page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v npx >/dev/null; then npx --yes --package typescript@5.9 tsc -p src/seewhy/web/static/jsconfig.json; \
	else echo "the page's types are not checked: npx (Node.js) is not installed"; test -z "$$CI"; fi

gallery: .venv/ready-dev  ## draw one of every kind of picture into tests/gallery/out
	$(BIN)/python -m pytest -q tests/gallery

bench: .venv/ready-dev  ## measure, and print
	$(BIN)/python -m benchmarks.live
	$(BIN)/python -m benchmarks.sampling

docs: .venv/ready-dev  ## write the generated page and the README's screenshot again
	$(BIN)/python docs/make_methods.py
	SEEWHY_WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/browser/test_draw.py -k says_why

clean:
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "seewhy needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	@echo "Setting up (once; torch is large) …"
	$(PIP) --editable .
	touch $@

.venv/ready-dev: .venv/ready
	$(PIP) --editable '.[dev]'
	touch $@
