# make demo: landmarks and a picture of a sample face, in a fresh environment.
# make test: everything that a change must pass.
# make web: build the studio's page, which the package holds built, after a change in web/. Needs Node 20 or newer.
# make web-check: its types and tests, and whether what the package holds is what web/ builds.

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

.PHONY: demo test web web-check clean

demo: .venv/light.stamp
	@$(BIN)/lineament demo -o demo-out

test: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n 2

web: web/node_modules/.package-lock.json
	cd web && npm run --silent build

web-check: web/node_modules/.package-lock.json
	cd web && npm run --silent check && npm test --silent
	cd web && npx vite build --logLevel warn --outDir ../build/web --emptyOutDir
	diff -r build/web src/lineament/studio/static

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund

clean:
	rm -rf .venv demo-out build web/node_modules

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found; install one, or run: make PYTHON=/path/to/python"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/light.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing lineament (once, about a minute)"
	@$(INSTALL) -e .
	@touch $@

.venv/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing lineament with its development tools (once, a few minutes)"
	@$(INSTALL) -c constraints.txt -e '.[dev]'
	@touch $@ .venv/light.stamp
