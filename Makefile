# Makegood: `make demo` runs the story, `make test` checks everything. Both install what they need into this folder.
PYTHON ?= python3
PIP := -m pip install -qq --disable-pip-version-check --require-hashes
SHELL := /bin/sh

.PHONY: setup
setup: .venv/.done

.venv/.done: requirements/dev.txt pyproject.toml
	@echo "setup: installing the project and its tools into .venv (a minute or so)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Makegood needs Python 3.11 or newer; run: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python $(PIP) -r requirements/dev.txt
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.tools/%/.done: requirements/%.txt
	@echo "setup: installing $* into .tools/$*"
	@$(PYTHON) -m venv .tools/$*
	@.tools/$*/bin/python $(PIP) --no-deps -r $<
	@touch $@

.PHONY: demo test
demo: setup .tools/ministack/.done
	@.venv/bin/python -m makegood_local.demo

test: setup .tools/ministack/.done .tools/sam/.done
	@.venv/bin/python tests/everything.py

# The agent as one file to install; made of the same sources, it is the same byte for byte. Any Python packs it.
.PHONY: agent
agent:
	@$(PYTHON) agent/pack.py

# Made-up months with faults: `make soak SEEDS=1000`; a single one by its seed: `make soak SEEDS=1 FIRST=17`.
SEEDS ?= 1000
FIRST ?= 0
.PHONY: soak
soak: setup
	@.venv/bin/python -m makegood_simulator.soak --seeds $(SEEDS) --first $(FIRST)

# Each of many rules and safety nets broken in a copy, which months of faults must notice: `make broken`.
.PHONY: broken
broken: SEEDS = 200
broken: setup
	@.venv/bin/python -m makegood_simulator.broken --seeds $(SEEDS) --first $(FIRST)

# What a statement costs: CPU and memory of a thousand, made by the reporter's own handler.
STATEMENTS ?= 1000
.PHONY: bench-statements
bench-statements: setup
	@.venv/bin/python bench/statements.py --statements $(STATEMENTS)

# What a look at the client's page costs, by the function's own handler.
.PHONY: bench-page
bench-page: setup
	@.venv/bin/python bench/live_page.py

# Takes the pictures of docs anew, and those that tests/looks compares with; needs chromium.
.PHONY: pictures
pictures: setup
	@PYTHONPATH=tests:functions/heartbeat:functions/evaluator:functions/desk:functions/reporter \
	    .venv/bin/python -m looks.pictures

.PHONY: run stop sam-validate
run: setup .tools/ministack/.done
	@.venv/bin/python -m makegood_local.run start .local

stop: setup
	@.venv/bin/python -m makegood_local.run stop .local

# A region, because SAM asks for one; no account is needed.
sam-validate: setup .tools/sam/.done
	@SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint --region us-east-1 --template infra/template.yaml
	@.venv/bin/cfn-lint infra/template.yaml
