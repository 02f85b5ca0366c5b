# Tenants as code on standalone Proxmox VE nodes. `make` alone lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

TSX := node --require ./start/typescript
export PATH := $(CURDIR)/.tools/bin:$(PATH)

# Substrate that a target works on: dvntm or dvnt.
SUBSTRATE ?=
# JSON=1 makes a command print JSON for scripts.
JSON ?=
JSON_FLAG := $(if $(JSON),--json)
# Further arguments for the Pulumi command, such as ARGS=--yes.
ARGS ?=

# Target that help tells all about.
TARGET ?=

# Where nobody chose a place for the state, it is kept in this folder, without secrets and so without a passphrase.
ifeq ($(PULUMI_BACKEND_URL)$(PULUMI_ACCESS_TOKEN)$(wildcard $(or $(PULUMI_HOME),$(HOME)/.pulumi)/credentials.json),)
export PULUMI_BACKEND_URL := file://$(CURDIR)/.state
export PULUMI_CONFIG_PASSPHRASE ?=
STATE_IN_FOLDER := yes
endif

# The CLI and the providers spend a fifth of a run on collecting garbage; this lets each hold more of it, up to a bound.
export GOGC ?= 400
export GOMEMLIMIT ?= 1GiB

# The CLI and the program talk on the loopback. gRPC for Node.js asks a proxy for that, too, unless it is told (http_proxy.ts of
# @grpc/grpc-js reads no_proxy alone).
ifneq ($(grpc_proxy)$(https_proxy)$(http_proxy),)
export no_proxy := $(or $(no_proxy),$(NO_PROXY),localhost),127.0.0.1
endif

.PHONY: help
ifeq ($(TARGET),)
help: ## this list, or all about one TARGET | [TARGET=<target>]
	@echo 'usage: make <target> [PARAMETER=value ...]'
	@awk -f completion/targets.awk Makefile | awk -F '\t' '{ printf "  %-15s %s\n", $$1, $$4; if ($$2) printf "%19s%s\n", "", $$2 }'
else
help: node_modules
	@$(TSX) commands/help.ts '$(TARGET)'
endif

# A target that there is not.
.DEFAULT:
	@test -d node_modules || { echo 'make: there is no target $@; `make` alone lists them' >&2; exit 2; }
	@$(TSX) commands/help.ts '$@'

.PHONY: demo
demo: tools ## the main job on the simulated substrate, from up to destroy
	@$(TSX) lab/demo.ts

.PHONY: test
test: tools ## all tests, with the time of each file; TIMES repeats them, each time in another order of the files | [TIMES=1]
	@$(TSX) tests/run.ts

.PHONY: test-model test-components test-router test-acceptance test-browser test-lab test-tools
test-model: node_modules ## pure tests: model and schemas
	@$(TSX) tests/run.ts model
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

# How often the tests run.
export TIMES ?= 1

# Seconds that the fuzzer searches.
SECONDS ?= 120

.PHONY: fuzz
fuzz: node_modules ## search SECONDS for an input that the loader cannot take | [SECONDS=120]
	@FUZZ_SECONDS=$(SECONDS) node_modules/.bin/jest tests/model/fuzz.test.ts --selectProjects model

.PHONY: lifecycle
lifecycle: tools ## write docs/lifecycle.md from a run of every attribute
	@WRITE_LIFECYCLE=1 node_modules/.bin/jest --selectProjects acceptance --runInBand tests/acceptance/lifecycleMatrix

# Rounds of the soak, and the seed that makes them.
ROUNDS ?= 200
SEED ?= 1

.PHONY: soak
soak: tools ## ROUNDS of random edits, drift and faults on ten simulated tenants, made by SEED; the first broken invariant ends it
	@$(TSX) lab/soak.ts --rounds '$(ROUNDS)' --seed '$(SEED)'

# Numbers of VMs that the benchmark measures, and how often.
VMS ?= 1,20,100
RUNS ?= 5
# REAL=1 has the node take a real node's times, REAL=10 a tenth of them; PHASES=1 says where the time of one preview goes;
# WRITE=1 puts the figures into docs/benchmark.md.
REAL ?=
PHASES ?=
WRITE ?=

.PHONY: bench
bench: tools ## time, CPU, memory and API requests beside Terraform, on one simulated node | [VMS=1,20,100] [RUNS=5] [REAL=<n>] [PHASES=1] [OUTPUT=<file>] [WRITE=1]
	@$(TSX) bench/bench.ts --vms '$(VMS)' --runs '$(RUNS)' $(if $(filter-out 0,$(REAL)),--real '$(REAL)') \
		$(if $(PHASES),--phases) $(if $(WRITE),--write) $(if $(OUTPUT),--output '$(OUTPUT)')

.PHONY: validate
validate: node_modules ## check every definition of every substrate, or of SUBSTRATE, offline
	@$(TSX) commands/validate.ts $(JSON_FLAG) $(SUBSTRATE)

# What `make fleet` does on every substrate, and on how many at a time.
CMD ?=
PARALLEL ?=

.PHONY: fleet
fleet: tools ## preview every substrate side by side, changing nothing, in one report
	@$(if $(STATE_IN_FOLDER),mkdir -p .state)
	@$(TSX) commands/fleet.ts $(JSON_FLAG) $(POLICY_FLAG) $(if $(CMD),--cmd '$(CMD)') $(if $(PARALLEL),--parallel '$(PARALLEL)')

.PHONY: capacity
capacity: substrate node_modules ## what SUBSTRATE's hypervisors have and what its tenants were promised
	@$(TSX) commands/capacity.ts $(JSON_FLAG) $(SUBSTRATE)

# text or markdown.
FORMAT ?= text

.PHONY: reachability
reachability: substrate node_modules ## who may reach whom on SUBSTRATE, with the rule that allows it
	@$(TSX) commands/reachability.ts $(JSON_FLAG) --format $(FORMAT) $(SUBSTRATE)

# File that a command reads, and file or folder that it writes; without OUTPUT it prints.
INPUT ?=
OUTPUT ?=
FILES := $(if $(INPUT),--input '$(INPUT)') $(if $(OUTPUT),--output '$(OUTPUT)')

.PHONY: router-vars
router-vars: substrate node_modules ## SUBSTRATE's variables for the lab's router collection, merged with INPUT
	@$(TSX) commands/routerVars.ts $(JSON_FLAG) $(FILES) $(SUBSTRATE)

.PHONY: inventory
inventory: substrate node_modules ## SUBSTRATE's VMs as an Ansible inventory, into the folder OUTPUT
	@$(TSX) commands/inventory.ts $(JSON_FLAG) $(FILES) $(SUBSTRATE)

.PHONY: prove
prove: substrate tools ## measure from inside SUBSTRATE's VMs that its walls hold, on real switch, DHCP, DNS and packets
	@$(TSX) lab/prove.ts $(JSON_FLAG) $(FILES) $(if $(filter command line,$(origin VMS)),--vms $(VMS)) $(SUBSTRATE)

# Drift that the map shows: a file with what commands/drift.ts --json printed, or - for standard input.
DRIFT ?=

.PHONY: map
map: substrate node_modules ## draw SUBSTRATE as a page and a picture, with DRIFT in red; OUTPUT names one of them
	@$(TSX) commands/map.ts $(JSON_FLAG) $(FILES) $(if $(DRIFT),--drift '$(DRIFT)') $(SUBSTRATE)

.PHONY: role
role: substrate node_modules ## the pveum commands that give the program its token and roles on SUBSTRATE's hypervisors
	@$(TSX) commands/role.ts $(JSON_FLAG) $(SUBSTRATE)

# Tenant that a target works on.
TENANT ?=

# POLICY=off lets a preview or an up run without the policy pack.
POLICY ?=
POLICY_FLAG = $(if $(POLICY),--policy '$(POLICY)')

# What these read of a node they compare with the files right after: to compare it with the state before, as a refresh
# does, would ask the provider once more for each resource.
preview up destroy teardown drift: export PULUMI_ENABLE_LEGACY_REFRESH_DIFF ?= true
fleet: export PULUMI_ENABLE_LEGACY_REFRESH_DIFF ?= $(if $(filter refresh,$(CMD)),false,true)

.PHONY: preview up refresh destroy
preview: stack ## pulumi preview of SUBSTRATE
	@$(TSX) commands/preview.ts $(POLICY_FLAG) $(SUBSTRATE) -- $(ARGS)
up: ready granted settled ## pulumi up of SUBSTRATE
	@$(TSX) commands/up.ts $(POLICY_FLAG) $(SUBSTRATE) -- $(ARGS)
refresh: ready granted settled ## pulumi refresh of SUBSTRATE, with ARGS such as --preview-only | SUBSTRATE=<name> [ARGS=...]
	@pulumi refresh --stack $(SUBSTRATE) $(ARGS)
destroy: granted settled ## pulumi destroy of SUBSTRATE, once its name was typed or is in YES
	@$(TSX) commands/destroy.ts $(YES_FLAG) $(SUBSTRATE) -- $(ARGS)

# What says without a terminal the name of what goes; BACKUP=1 backs its VMs up first.
YES ?=
BACKUP ?=
YES_FLAG = $(if $(YES),--yes '$(YES)')

.PHONY: teardown
teardown: granted settled ## take TENANT of SUBSTRATE away: its VMs, disks, VLAN, names and rules, and nothing else
	@$(TSX) commands/teardown.ts --tenant '$(TENANT)' $(YES_FLAG) $(if $(BACKUP),--backup) $(SUBSTRATE)

.PHONY: drift
drift: stack ## what differs on SUBSTRATE's nodes, hosts and router from the files, changing nothing
	@$(TSX) commands/drift.ts $(JSON_FLAG) $(SUBSTRATE)

.PHONY: recover settled
recover: stack ## settle what an interrupted run of SUBSTRATE left behind
	@$(TSX) commands/recover.ts $(SUBSTRATE)
# Every run that changes something starts from a settled state.
settled: stack
	@$(TSX) commands/recover.ts --quiet $(SUBSTRATE)

# A stack must exist before its first preview.
.PHONY: stack
stack: substrate tools
	@$(if $(STATE_IN_FOLDER),mkdir -p .state; echo 'state: .state (set PULUMI_BACKEND_URL, or run `pulumi login`, to keep it elsewhere)')
	@pulumi stack select --create $(SUBSTRATE) || { $(TSX) commands/recover.ts --files $(SUBSTRATE) && pulumi stack select --create $(SUBSTRATE); }

# What is missing for an up is said before Pulumi starts.
.PHONY: ready
ready: substrate node_modules
	@$(TSX) commands/validate.ts --up $(SUBSTRATE)

# The Pulumi CLI reads the node before the program runs, and forgets what a token that lacks a privilege does not see.
.PHONY: granted
granted: substrate node_modules
	@$(TSX) commands/role.ts --check $(SUBSTRATE)

.PHONY: substrate
substrate:
	@test -n '$(SUBSTRATE)' || { echo 'SUBSTRATE is missing, as in: make up SUBSTRATE=dvntm' >&2; exit 2; }
	@$(if $(UNTAKEN),$(MAKE) -s node_modules && $(TSX) commands/help.ts --given '$(UNTAKEN)' $(MAKECMDGOALS))
	@test -f 'Pulumi.$(SUBSTRATE).yaml' || { $(MAKE) -s node_modules && $(TSX) commands/validate.ts --up '$(SUBSTRATE)'; }

# Parameters that were given and that no target of this run takes: a slip, or a variable of make.
GIVEN = $(foreach name,$(.VARIABLES),$(if $(filter command line,$(origin $(name))),$(name)))
TAKEN = $(shell awk -f completion/targets.awk Makefile | awk -F '\t' -v goals='$(MAKECMDGOALS)' -f completion/parameters.awk)
UNTAKEN = $(filter-out $(TAKEN),$(GIVEN))

.PHONY: lint
lint: node_modules ## types, ESLint and formatting
	@node_modules/.bin/tsc --project tsconfig.json
	@node_modules/.bin/eslint .
	@node_modules/.bin/prettier --check --log-level warn .

.PHONY: format
format: node_modules ## write the formatting that lint asks for
	@node_modules/.bin/prettier --write --log-level warn .

.PHONY: types
types: node_modules ## write the types of the schemas
	@$(TSX) tools/generate-types.ts

# Addresses of VMs that no file tells; file for ssh -F.
ADDRESSES ?=
SSH_CONFIG ?=

# Without a tenant it is the repository that is verified.
.PHONY: verify
ifeq ($(TENANT),)
verify: node_modules ## fail where generated files are stale; with TENANT: measure inside its VMs, over SSH, that its walls hold
	@$(TSX) tools/generate-types.ts --check
else
verify: substrate node_modules
	@$(TSX) commands/verify.ts $(JSON_FLAG) $(if $(OUTPUT),--output '$(OUTPUT)') $(if $(ADDRESSES),--addresses '$(ADDRESSES)') \
		$(if $(SSH_CONFIG),--ssh-config '$(SSH_CONFIG)') --tenant '$(TENANT)' $(SUBSTRATE)
endif

.PHONY: audit sbom upgrade
audit: tools ## known weaknesses in every pinned version of npm, Go and Python
	@$(TSX) tools/supply/audit.ts
sbom: node_modules ## what the project is made of, as CycloneDX files in the folder OUTPUT | [OUTPUT=<folder>]
	@$(TSX) tools/supply/sbom.ts $(OUTPUT)
upgrade: node_modules ## what is newer than what is pinned, changing nothing
	@$(TSX) tools/supply/upgrade.ts

# What the goals need installed; tools/needs.js says what each of the names holds.
RUNS := preview up refresh destroy teardown drift recover fleet stack settled audit
LABS := demo prove soak bench lifecycle test-acceptance test-tools
needed = $(if $(filter $1,$(MAKECMDGOALS)),$2)
NEEDS = $(sort $(call needed,tools,$(FOR)) $(call needed,test,test) $(call needed,$(RUNS) $(LABS),pulumi) \
	$(call needed,$(LABS) test-router test-lab,lab) $(call needed,demo test-acceptance,host) \
	$(call needed,prove test-acceptance,plane) $(call needed,test-acceptance,state-backends) $(call needed,test-browser,browser))

# What `make tools` installs.
FOR ?= pulumi

.PHONY: tools
tools: node_modules ## install what a run of Pulumi needs, or FOR other needs: lab, host, plane, state-backends, browser, test | [FOR=<needs>]
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
