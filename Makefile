# Tenor: what people type. Each target works from any folder with `make -C`, and needs python3
# (3.11 or newer), make and a package index.
#
#   make demo                     the whole of it, with a portfolio and a test clock
#   make demo ARGS="--exit"       the same, ending after its table
#   make up                       the same stack, empty and durable
#   make clean                    remove that stack with its data
#   make test ARGS="-k waterfall" the tests; ARGS goes to pytest
#   make check                    lint, types, import contracts, schema, locks, compose file
#   make lock                     resolve the lock files again

PYTHON3 ?= python3
BIN := .venv/bin
PACKAGES := domain contracts api workflows activities workers tenor
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.DEFAULT_GOAL := help
.PHONY: help bootstrap bootstrap-dev demo up clean test check lock

help:
	@sed -n 's/^#   //p' Makefile

bootstrap:
	@$(PYTHON3) deploy/bootstrap.py

bootstrap-dev:
	@$(PYTHON3) deploy/bootstrap.py --dev

demo: bootstrap
	@$(BIN)/tenor demo $(ARGS)

up: bootstrap
	@$(BIN)/tenor up $(ARGS)

clean: bootstrap
	@$(BIN)/tenor clean --yes $(ARGS)

test: bootstrap-dev
	@$(BIN)/pytest -n auto $(ARGS)

check: bootstrap-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python deploy/ci/check_locks.py
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/yamllint --strict .
	$(BIN)/python -m tenor.stack.scratch_database -- $(BIN)/python -m api check

lock: bootstrap-dev
	$(COMPILE) --all-extras --group test --group lint --group bench --output-file requirements-dev.lock
	@cp requirements-dev.lock requirements.lock # what both hold is held in the same version
	$(COMPILE) --output-file requirements.lock
