# The development manual, in commands.
.PHONY: demo run test check audit eval second-reader bench fuzz reliability torture pictures gallery replay lock clean
VENV := .venv
BIN  := $(VENV)/bin
ARGS ?=
CORPUS ?= tests/corpus
MINUTES ?= 5

demo: $(VENV)/.ready        ## sample regulators on loopback, the whole story in the terminal
	@$(BIN)/controlwatch demo $(ARGS)

run: $(VENV)/.ready         ## the service itself, on an embedded store in state/
	@$(BIN)/controlwatch run $(ARGS)

# Containers often forbid Python to keep what it has compiled: hundreds of starts would compile the package again.
test: $(VENV)/.ready-dev    ## the whole suite with coverage, PostgreSQL and the slow scenarios included
	@PYTHONDONTWRITEBYTECODE= sh tools/in_memory.sh $(BIN)/python -m pytest -p tests.line_coverage $(ARGS)

check: audit                ## style, types, floors, declarations, Dockerfile, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/controlwatch watchers check
	$(BIN)/hadolint Dockerfile

audit: $(VENV)/.ready-dev   ## known vulnerabilities of what is pinned; without the net it says so and passes
	$(BIN)/python tools/audit.py requirements.lock requirements-ocr.lock requirements-dev.lock

eval: $(VENV)/.ready-dev    ## the reader measured: make eval, make eval CORPUS=DIR ARGS=--misses
	@$(BIN)/python -m tests.evaluation $(CORPUS) $(ARGS)

second-reader: $(VENV)/.ready-dev  ## train the second reader on tests/corpus; takes minutes
	@PYTHONPATH=. $(BIN)/python tools/train_second_reader.py $(ARGS)

bench: $(VENV)/.ready-dev   ## speed, as ratios against a floor measured in the same run
	$(BIN)/python -m tests.bench $(ARGS)

fuzz: $(VENV)/.ready-dev    ## hostile inputs on all readers and renderers: make fuzz, make fuzz MINUTES=60
	$(BIN)/python -m tests.hostile $(MINUTES) $(ARGS)

reliability: $(VENV)/.ready-dev  ## what sites do to us, told as stories: writes docs/reliability.md
	$(BIN)/python -m tests.scenarios

torture: $(VENV)/.ready-dev ## kills by the thousand, every step of a start; make torture ARGS=cluster: of several workers
	$(BIN)/python -m tests.torture $(ARGS)

pictures: $(VENV)/.ready-dev ## draw docs/alert-*.png and docs/page-*.png from the product (needs Chromium)
	@$(BIN)/python tools/draw_alert.py
	@$(BIN)/python tools/draw_pages.py

gallery: $(VENV)/.ready-dev  ## draw docs/gallery/ from the product: messages in Slack, mail and terminal
	@$(BIN)/python tools/draw_gallery.py $(ARGS)

replay: $(VENV)/.ready-dev   ## the reference database day by day: what five kinds of subscribers are sent
	@$(BIN)/python tools/replay_database.py $(ARGS)

lock:                       ## pin the newest versions, by hash, without index addresses (needs uv)
	uv pip compile $(LOCKED) --extra build --extra apprise --extra cluster --extra demo --extra evidence --extra stamps pyproject.toml -o requirements.lock
	uv pip compile $(LOCKED) --extra build --extra apprise --extra cluster --extra demo --extra evidence --extra ocr --extra stamps pyproject.toml -o requirements-ocr.lock
	uv pip compile $(LOCKED) --extra build --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

LOCKED := --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 --upgrade

$(VENV)/.ready: requirements.lock pyproject.toml tools/environment.sh
	@sh tools/environment.sh $(VENV) requirements.lock && touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml tools/environment.sh tools/browser.sh
	@sh tools/environment.sh $(VENV) requirements-dev.lock && sh tools/browser.sh && touch $@ $(VENV)/.ready
