# Everything a newcomer types. Needs Python 3.11+ and make; the rest installs itself into .venv.
# The first Python that really runs and is new enough (a version manager's shim may exist and fail).
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
VENDOR := monitor/web/static/vendor
TYPES := tests/grafana/types
UV_COMPILE := uv pip compile --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --python-version 3.11 pyproject.toml

.PHONY: demo test bench lint dashboards lock clean

demo: $(VENV)/.runtime $(VENDOR)/.built  ## a simulated night on the live map
	$(BIN)/straitwatch demo --port $(PORT)

test: $(VENV)/.test $(VENDOR)/.built $(TYPES)/node_modules/.built  ## the whole suite
	$(BIN)/python -m pytest -n auto --dist loadfile

bench: $(VENV)/.test $(VENDOR)/.built  ## the figures, beside the peers
	$(BIN)/straitwatch bench all

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "straitwatch needs Python 3.11 or newer"; exit 1; }
	@echo "[1/3] making an environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "this Python has no venv module (Debian: apt install python3-venv)"; exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "[2/3] installing what the monitor needs (about a minute)"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.runtime
	@echo "[+] installing what the tests need"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

# npm from the machine when there is one, otherwise Node from PyPI into the same environment.
$(VENDOR)/.built: package.json package-lock.json | $(BIN)/python
	@echo "[3/3] fetching the map library"
	@$(BIN)/python .ci/web_assets.py
	@touch $@

$(TYPES)/node_modules/.built: $(TYPES)/package.json $(TYPES)/package-lock.json | $(BIN)/python
	@echo "[+] fetching the types of Grafana's dashboards"
	@$(BIN)/python .ci/web_assets.py $(TYPES)
	@touch $@

dashboards: $(VENV)/.test  ## write the Grafana dashboards anew from their code
	$(BIN)/python -m alerts.grafana.artefacts

lock:  ## write the lock files anew (needs uv)
	$(UV_COMPILE) --extra build -o requirements.lock
	$(UV_COMPILE) --extra build --extra test -o requirements-test.lock

clean:
	rm -rf $(VENV) node_modules $(TYPES)/node_modules $(VENDOR)
