# Every target sets up what it needs (.ci/setup); there is no separate install step.
.DEFAULT_GOAL := help
.PHONY: help demo test lint bench hil simulate soak screens lock clean

ARGS ?=
# More workers than cores: much of the suite waits for servers and browsers that it has started.
PYTEST_ARGS ?= -n 4 --dist worksteal
ONLY ?=
PHOTOS ?=
PY := .venv/bin/python
# Tests start many programs, each of which would compile everything again where this is set.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@echo "The library kiosk. make TARGET:"
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' Makefile

demo: ## a sample school in the browser: touchscreen and simulated hardware (ARGS="--station-port 8080")
	@bash .ci/setup run
	@.venv/bin/kiosk demo $(ARGS)

test: ## every test, Chromium flows included (PYTEST_ARGS="-n 4 -k policy" for some of them)
	@bash .ci/setup tests
	@$(PY) -m pytest $(PYTEST_ARGS)

lint: ## ruff and mypy
	@bash .ci/setup lint
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: ## measurements beside peers, written to bench.json (ONLY=name, PHOTOS=folder)
	@bash .ci/setup tests
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(PHOTOS),--photos "$(PHOTOS)")

hil: ## the drivers against real kernel devices in QEMU: plug, unplug, lost events, camera
	@bash .ci/setup run
	@$(PY) -m tests.hil

simulate: ## stations, a bad line, backups and wrong clocks at random, beside an oracle (RUNS=200 STEPS=30)
	@bash .ci/setup tests
	@SIMULATE_RUNS=$(or $(RUNS),200) SIMULATE_STEPS=$(or $(STEPS),30) $(PY) -m pytest -q tests/simulation

soak: ## the random runs of the suite, much longer: bad scans, days at the desk, histories, kills
	@bash .ci/setup tests
	@SOAK=1 $(PY) -m pytest -n 2 tests/faults/test_bad_input.py tests/kiosk/test_desk.py tests/sync/test_fold.py \
		tests/faults/test_kill.py tests/faults/test_two_stations.py tests/central/test_ingest.py \
		tests/central/test_bad_input.py tests/central/test_processes.py tests/central/test_every_page.py tests/browser tests/web_ui/test_looks.py

screens: ## take the README's pictures of the station anew
	@bash .ci/setup tests
	@$(PY) -m tests.browser.screens docs/screens README.md

LOCK := uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: ## pin requirements*.in anew (needs uv; LOCK_ARGS=--upgrade for newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv, in an environment of its own" >&2; exit 1; }
	$(LOCK) $(LOCK_ARGS) requirements.in -o requirements.txt
	$(LOCK) $(LOCK_ARGS) requirements-dev.in -o requirements-dev.txt

clean: ## remove .venv and everything else that can be made again
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info build bench.json
	find config drivers kiosk sync web_ui tests -name __pycache__ -type d -prune -exec rm -rf {} +
