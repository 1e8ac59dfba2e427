PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.runtime-installed
DEV := .venv/.developer-installed
LANES := -n auto  # one process per core, each with a database and a queue of its own

.DEFAULT_GOAL := help
.PHONY: help install demo test test-unit test-services test-browser test-faults test-soak soak bench translations screenshots check format

help:  ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(RUN)  ## Build .venv/ with what the product needs

$(RUN): requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(DEV): $(RUN) requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: $(RUN)  ## Run everything with a made-up district (DEMO_EXIT=1: sum up and stop)
	$(BIN)/python -m roster_dash.demo

test: $(DEV)  ## Run the tests: SQLite and an embedded queue, nothing else needed
	$(BIN)/python -m pytest $(LANES) -m "not browser and not faults and not soak"

test-unit: $(DEV)  ## The quick tests only
	$(BIN)/python -m pytest $(LANES) -m "not browser and not faults and not soak and not slow"

test-services: $(DEV)  ## The same tests on PostgreSQL and Redis: TEST_DATABASE_URL, TEST_REDIS_URL
	@test -n "$(TEST_DATABASE_URL)" -a -n "$(TEST_REDIS_URL)" || { \
	  echo "Set TEST_DATABASE_URL (its database is emptied!) and TEST_REDIS_URL (also emptied)."; exit 2; }
	$(BIN)/python -m pytest $(LANES) -m "not browser and not faults and not soak"

test-browser: $(DEV)  ## The tests in a real browser: needs Chromium (CHROMIUM names it)
	$(BIN)/python -m pytest $(LANES) -m browser

test-faults: $(DEV)  ## Kill workers, Redis, PostgreSQL; disturb Clever and mail (KILLS=15)
	$(BIN)/python -m pytest -m faults

test-soak: $(DEV)  ## A day of 16 schools in a minute, under random faults, on both databases
	$(BIN)/python -m pytest -m soak

soak: $(DEV)  ## A day of 300 schools in 40 minutes, under random faults, on PostgreSQL
	SOAK_SCHOOLS=300 SOAK_MINUTES=40 SOAK_HARMS=500 $(BIN)/python -m pytest -m soak -k postgresql -s

bench: $(RUN)  ## How long syncs and pages take (SIZES="300 3000"; PEOPLE=100000; NIGHT="1000000 --workers 4"; MEGABYTES=1000; BENCH_DATABASE_URL: a PostgreSQL server)
	$(BIN)/python -m benchmarks.sync $(SIZES)
	$(BIN)/python -m benchmarks.safety
	$(BIN)/python -m benchmarks.district
	$(BIN)/python -m benchmarks.throughput $(PEOPLE) --peers
	$(BIN)/python -m benchmarks.throughput.night $(NIGHT) --rounds 1
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.following
	$(BIN)/python -m benchmarks.files $(MEGABYTES)
	env -u BENCH_DATABASE_URL $(BIN)/python -m benchmarks.load
	@test -z "$(BENCH_DATABASE_URL)" || $(BIN)/python -m benchmarks.load

translations: $(RUN)  ## Read the sentences of the code into the catalogues (PO="a.po b.po": take theirs), and compile them
	$(BIN)/python -m roster_dash.language $(PO)

screenshots: $(DEV)  ## Draw the pictures of docs/ anew: needs Chromium (CHROMIUM names it)
	$(BIN)/python -m docs.screenshots

check: $(DEV)  ## Style, types, the structure of imports, known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m roster_dash.language --check
	$(BIN)/python .ci/audit

format: $(DEV)  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
