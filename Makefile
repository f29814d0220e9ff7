# Makegood: `make demo` runs the story, `make test` checks everything. Both install what they need into this folder.
PYTHON ?= python3
PIP := -m pip install -qq --disable-pip-version-check --require-hashes
SHELL := /bin/sh
packages = $(shell grep -c == $(1))

.PHONY: setup
setup: .venv/.done

.venv/.done: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Makegood needs Python 3.11 or newer; run: make PYTHON=python3.11 ...")'
	@echo "setup: 1 of 3, a virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "setup: 2 of 3, $(call packages,requirements/dev.txt) packages into .venv (a minute, or a few)"
	@.venv/bin/python $(PIP) -r requirements/dev.txt
	@echo "setup: 3 of 3, the project itself"
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.tools/%/.done: requirements/%.txt
	@echo "setup: $* with $(call packages,$<) packages into .tools/$* (half a minute, or more)"
	@$(PYTHON) -m venv .tools/$*
	@.tools/$*/bin/python $(PIP) --no-deps -r $<
	@touch $@

.PHONY: demo test
demo: setup .tools/ministack/.done
	@.venv/bin/python -m makegood_local.demo

test: setup .tools/ministack/.done .tools/sam/.done .tools/aws/.done .tools/docs/.done
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

# What heartbeats, cold starts and sweeps cost, beside the least that they could; build/bench.json has the figures.
.PHONY: bench
bench: setup
	@.venv/bin/python bench/all_rows.py

# What a statement costs: CPU and memory of a thousand, made by the reporter's own handler.
STATEMENTS ?= 1000
.PHONY: bench-statements
bench-statements: setup
	@.venv/bin/python bench/statements.py --statements $(STATEMENTS)

# What a look at the client's page costs, by the function's own handler.
.PHONY: bench-page
bench-page: setup
	@.venv/bin/python bench/live_page.py

# Makegood beside Healthchecks on this machine; docs/performance.md, "Beside Healthchecks", says how to get it.
HEALTHCHECKS ?= ../healthchecks
.PHONY: bench-healthchecks
bench-healthchecks: setup
	@PYTHONPATH=bench .venv/bin/python -m healthchecks.compare --source $(HEALTHCHECKS) $(if $(ONLY),--only $(ONLY))

# Takes the pictures of docs anew, and those that tests/looks compares with; needs chromium.
.PHONY: pictures
pictures: setup
	@PYTHONPATH=tests:functions/heartbeat:functions/evaluator:functions/desk:functions/reporter \
	    .venv/bin/python -m looks.pictures

.PHONY: run stop sam-validate sam-check sam-local
run: setup .tools/ministack/.done
	@.venv/bin/python -m makegood_local.run start .local

stop: setup
	@.venv/bin/python -m makegood_local.run stop .local

# The commands on the page docs/cli.md, from the code.
.PHONY: cli-document
cli-document: setup
	@PYTHONPATH=tests .venv/bin/python -m support.cli_document

# The pages of the reference that are written from the code; and all documents as a site, in which no link is broken.
.PHONY: reference docs
reference: setup
	@PYTHONPATH=tests:functions/heartbeat .venv/bin/python -m support.reference_documents

docs: .tools/docs/.done
	@.tools/docs/bin/sphinx-build -q -E -W --keep-going -b html docs build/docs
	@echo build/docs/index.html

# SAM CLI and the AWS CLI, as docs/deploy.md uses them.
.PHONY: tools build rehearsal
tools: setup .tools/sam/.done .tools/aws/.done

# `sam build`; and in a terminal that speaks to `make rehearsal`, what its embedded AWS needs changed.
build: tools
	@.venv/bin/python -m makegood_local.fitting

# An empty AWS account on this machine, to follow docs/deploy.md in.
rehearsal: tools .tools/ministack/.done
	@.venv/bin/python -m makegood_local.rehearsal

# A region, because SAM asks for one; no account is needed.
sam-validate: setup .tools/sam/.done
	@SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint --region us-east-1 --template infra/template.yaml
	@.venv/bin/cfn-lint infra/*.yaml

# What runs on AWS, without an account: `sam validate --lint`, `sam build` for both processors with Lambda's limits, and
# every event of events/ answered by what was built, under AWS's runtime interface client; in containers too, where a
# Docker engine answers.
sam-check: setup .tools/ministack/.done .tools/sam/.done
	@.venv/bin/python -m makegood_local.sam.check

# Lets `sam local invoke` and `sam local start-api` work on the stack of `make run`, and says what to type.
sam-local: setup .tools/sam/.done
	@.venv/bin/python -m makegood_local.sam.local
