# make run    start the bot: the chat page, and Telegram when TELEGRAM_BOT_TOKEN is set
# make test   format, lint, types, content, tests
# make setup  prepare only; the others call it
# make bench  accuracy and speed beside other libraries, into docs/benchmarks.md; SETS=folder: public sets too
# make fuzz   random attacks on what reads people's texts; FUZZ_SECONDS=300 in all
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= var
FUZZ_SECONDS ?= 300

.PHONY: run setup test evaluate bench fuzz lock help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile | head -5

setup: $(DATA)/.prepared

$(VENV)/.installed: requirements.lock
	@echo "1/3 Python packages, checked by hash (about half a minute) …"
	@$(PYTHON) -c 'import sys; sys.exit("Sehat needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "The module venv is missing: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes -r requirements.lock
	@touch $@

$(DATA)/encoder/model.onnx: $(VENV)/.installed faq/build_encoder.py
	@echo "2/3 Encoder: making the model from its weights (about 15 seconds) …"
	@$(BIN)/python -m faq.build_encoder $(DATA)/encoder
	@touch $@

$(DATA)/.prepared: $(DATA)/encoder/model.onnx $(wildcard faq/entries/*.yaml faq/background/*.yaml faq/questions/*.jsonl safety/examples/*.yaml)
	@echo "3/3 Index: reading all wordings …"
	@$(BIN)/python bot.py run --prepare --data $(DATA)
	@touch $@

run: setup
	@$(BIN)/python bot.py run --data $(DATA) $(ARGS)

test: setup
	@scripts/check

evaluate: setup
	@$(BIN)/python bot.py evaluate tests/questions --data $(DATA)

$(VENV)/.bench-installed: bench/requirements.lock $(VENV)/.installed
	@echo "Packages to measure against, checked by hash …"
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --progress-bar on --require-hashes -r bench/requirements.lock
	@touch $@

bench: setup $(VENV)/.bench-installed
	@$(BIN)/python -m bench.compare --data $(DATA) $(if $(SETS),--sets $(SETS))

fuzz: setup
	@PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(FUZZ_SECONDS) $(ARGS)

# Newest versions of everything, with hashes; needs uv.
lock:
	uv pip compile pyproject.toml --group encoder --group test --universal --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --quiet --upgrade -o requirements.lock
