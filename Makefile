# For developing: tests, lint, the lab. Daily work is `tenants` (bin/tenants --help). `make` alone lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

TSX := node --require ./start/typescript
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# What stands on make's command line is data: without this, make would run what stands in $(shell ...) there. The recipes read
# it from the environment, and no shell sees it as text of its own.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command line,$(origin $(name))),$(name)))
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export GIVEN $(GIVEN)

.PHONY: help
help: ## this list
	@echo 'usage: make <target> [PARAMETER=value ...]; daily work is bin/tenants'
	@awk -F ': .*## ' '/^[a-z-]+: .*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: tools ## the main job on the simulated substrate, from up to destroy
	@$(TSX) lab/demo.ts

.PHONY: test
test: tools ## all tests, with the time of each file; TIMES repeats them, each time in another order of the files; DEEP tries so many times as many moments of interrupted runs | [TIMES=1] [DEEP=1]
	@$(TSX) tests/run.ts

.PHONY: test-pure test-components test-router test-acceptance test-browser test-lab test-tools
test-pure: node_modules ## pure tests: definitions, the resolved model, what is told of it
	@$(TSX) tests/run.ts pure
test-components: node_modules ## components under Pulumi mocks
	@$(TSX) tests/run.ts components
test-router: tools ## the router's resources against the simulated router
	@$(TSX) tests/run.ts router
test-acceptance: tools ## the real CLI and provider against the simulated node
	@$(TSX) tests/run.ts acceptance
test-browser: tools ## the map in headless Chromium; SCREENSHOTS=folder keeps the pictures
	@$(TSX) tests/run.ts browser
test-lab: tools ## the simulated node and router themselves
	@$(TSX) tests/run.ts lab
test-tools: tools ## the provider plugins built here
	@$(TSX) tests/run.ts tools

# How often the tests run, and how many times as many moments of interrupted runs they try.
export TIMES ?= 1
export DEEP ?= 1

# Seconds that the fuzzers search, all together.
SECONDS ?= 600

.PHONY: fuzz
fuzz: export FUZZ_SECONDS = $(SECONDS)
fuzz: node_modules ## search for files, answers, states and command lines that end in no message of ours: [SECONDS=600]
	@node_modules/.bin/jest tests/pure/fuzz --selectProjects pure --runInBand

.PHONY: lifecycle
lifecycle: tools ## write docs/lifecycle.md from a run of every attribute
	@WRITE_LIFECYCLE=1 node_modules/.bin/jest --selectProjects acceptance --runInBand tests/acceptance/lifecycleMatrix

# Rounds of the soak, and the seed that makes them.
ROUNDS ?= 200
SEED ?= 1

.PHONY: soak
soak: export ROUNDS := $(ROUNDS)
soak: export SEED := $(SEED)
soak: tools ## random edits, drift and faults on ten simulated tenants; a broken invariant ends it: [ROUNDS=200] [SEED=1] [JOURNAL=0]
	@$(TSX) lab/soak/main.ts --rounds "$$ROUNDS" --seed "$$SEED" $(if $(filter 0,$(JOURNAL)),--checkpoints)

# Kills of processes and machines, and the first trial of the seed.
KILLS ?= 500
FROM ?= 1

.PHONY: kills
kills: export KILLS := $(KILLS)
kills: export SEED := $(SEED)
kills: export FROM := $(FROM)
kills: tools ## kill every kind of process and machine in every kind of run, and see that the next run settles all: [KILLS=500] [SEED=1] [FROM=1] [JOURNAL=0]
	@$(TSX) lab/kills/main.ts --kills "$$KILLS" --seed "$$SEED" --from "$$FROM" $(if $(filter 0,$(JOURNAL)),--checkpoints)

# Numbers of VMs that the benchmark measures, and how often.
VMS ?= 1,20,100
RUNS ?= 5
# REAL=1 has the node take a real node's times, REAL=10 a tenth of them; LINKED=1 makes linked clones; WAYS are those of this program; PHASES=1 says where the time of one preview goes;
# WRITE=1 puts the figures into docs/benchmark.md.
REAL ?=
LINKED ?=
PHASES ?=
WAYS ?=
WRITE ?=
OUTPUT ?=

.PHONY: bench
bench: export VMS := $(VMS)
bench: export RUNS := $(RUNS)
bench: export REAL := $(filter-out 0,$(REAL))
bench: export OUTPUT := $(OUTPUT)
bench: export WAYS := $(WAYS)
bench: tools ## beside Terraform, on one simulated node: [VMS=1,20,100] [RUNS=5] [REAL=<n>] [LINKED=1] [WAYS=tenants,pulumi] [PHASES=1] [OUTPUT=<file>] [WRITE=1]
	@$(TSX) lab/bench/bench.ts --vms "$$VMS" --runs "$$RUNS" $${REAL:+--real "$$REAL"} $${WAYS:+--ways "$$WAYS"} \
		$(if $(LINKED),--linked) $(if $(PHASES),--phases) $(if $(WRITE),--write) $${OUTPUT:+--output "$$OUTPUT"}

# Where the proof of the README's picture is kept meanwhile.
PROOF := $(CURDIR)/.pictures-proof.html

.PHONY: pictures
pictures: tools ## the README's pictures: the map of the lab's tenants, and a proof of them (as root, some minutes)
	@bin/tenants prove dvntm --from lab/definitions --output '$(PROOF)'
	@WRITE_PICTURES=1 node_modules/.bin/jest --selectProjects pure --runTestsByPath tests/pure/pictures.test.ts
	@PROOF='$(PROOF)' node_modules/.bin/jest --selectProjects browser --runTestsByPath tests/browser/pictures.test.ts
	@rm '$(PROOF)'

.PHONY: docs
docs: node_modules ## check the pages: relative links and anchors, and words that they do not use (tools/docs/words.yaml)
	@$(TSX) tools/docs.ts

.PHONY: lint
lint: docs ## types, generated files, ESLint, formatting, and the pages
	@node_modules/.bin/tsc --project tsconfig.json --incremental --tsBuildInfoFile .compiled/types.tsbuildinfo
	@$(TSX) tools/generate-types.ts --check
	@# Much of its time is collecting garbage, of which a larger space for what is new needs less.
	@node --max-semi-space-size=64 --single-threaded-gc node_modules/.bin/eslint .
	@node_modules/.bin/prettier --check --log-level warn .

.PHONY: format
format: node_modules ## write the formatting that lint asks for
	@node_modules/.bin/prettier --write --log-level warn .

.PHONY: types
types: node_modules ## write the types of the schemas
	@$(TSX) tools/generate-types.ts

.PHONY: audit sbom release upgrade
audit: tools ## known weaknesses in every pinned version of npm, Go and Python
	@$(TSX) tools/supply/audit.ts
sbom: export OUTPUT := $(OUTPUT)
sbom: export BILLS := $(BILLS)
sbom: node_modules ## what the project is made of, as CycloneDX files: [OUTPUT=<folder>] [BILLS='<name> ...']
	@$(TSX) tools/supply/sbom.ts "$${OUTPUT:-sbom}" $$BILLS
release: export OUTPUT := $(OUTPUT)
release: node_modules ## tag the version of package.json, and write archive, bills of materials, notes and checksums, pushing nothing: [OUTPUT=<folder>]
	@$(TSX) tools/release.ts $${OUTPUT:+"$$OUTPUT"}
upgrade: node_modules ## what is newer than what is pinned, changing nothing
	@$(TSX) tools/supply/upgrade.ts

# What the goals need installed; tools/needs.js says what each of the names holds.
LABS := demo soak kills bench lifecycle test-acceptance test-tools
needed = $(if $(filter $1,$(MAKECMDGOALS)),$2)
NEEDS = $(sort $(call needed,tools,$(FOR)) $(call needed,test,test) $(call needed,audit $(LABS),pulumi) \
	$(call needed,$(LABS) test-router test-lab,lab) $(call needed,demo test-acceptance,host) \
	$(call needed,test-acceptance,plane state-backends) $(call needed,test-browser pictures,browser) \
	$(call needed,pictures,pulumi lab plane))

# What `make tools` installs.
FOR ?= pulumi

.PHONY: tools
tools: node_modules ## install what a run of Pulumi needs, or FOR other needs: lab, host, host-13, plane, state-backends, browser, test | [FOR=<needs>]
	@$(TSX) tools/install.ts $(if $(filter tools,$(MAKECMDGOALS)),--list) $(NEEDS)

# npm writes this file last, so what an `npm ci` that was broken off left behind is not taken for whole.
NPM_DONE := node_modules/.package-lock.json

.PHONY: node_modules
node_modules: $(NPM_DONE)
$(NPM_DONE): package.json package-lock.json
	@node tools/requirements.js $(NEEDS)
	@echo 'installing npm packages' >&2
	@npm ci --loglevel error >&2
	@touch $@

.PHONY: clean
clean: ## remove what was built or installed here
	rm -rf .tools .baseline .compiled node_modules

# What earlier releases did by make is a command's now: this release still does it, and says how.
DAILY := validate preview up refresh destroy drift teardown recover map reachability capacity inventory router-vars role prove verify fleet
.PHONY: $(DAILY)
$(DAILY): node_modules
	@node start/fromMake.js $@
