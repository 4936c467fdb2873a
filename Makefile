# Run `make help` for what there is.
.DEFAULT_GOAL := help

# The Go of the checks and of releases is exactly go.mod's, whichever is installed: another has other faults, and makes other
# bytes. The go command fetches it as it fetches modules.
export GOTOOLCHAIN := $(shell sed -n 's/^toolchain //p' go.mod)

# The tools are built from source and pinned: another version finds other things. An SBOM has the hash of what wrote it,
# which depends on the Go that built it.
LINTER_VERSION := v2.15.0
LINTER := .tools/golangci-lint-$(LINTER_VERSION)
VULNCHECK_VERSION := v1.9.0
VULNCHECK := .tools/govulncheck-$(VULNCHECK_VERSION)
CYCLONEDX_VERSION := v1.10.0
CYCLONEDX := .tools/cyclonedx-gomod-$(CYCLONEDX_VERSION)-$(GOTOOLCHAIN)

# What the checks need besides Go, as command:Debian package. The browser comes with a font, or nothing has a width;
# the compiler is the race detector's.
NEEDS := chromium:chromium chromium:fonts-liberation curl:curl node:nodejs npm:npm python3:python3 cc:gcc cc:libc6-dev pg_createcluster:postgresql

# With this set, a machine without PostgreSQL fails instead of leaving tests out.
export TASKYARD_TEST_POSTGRES := required

# The tests of the pages' modules, wherever they lie below the pages.
MODULE_TESTS = $(shell find internal/webui -name '*.test.js' -o -name '*.test.mjs' -o -name '*_test.js')

# The tests that run in no browser.
PACKAGES = $(shell go list ./... | grep -v /cmd/)

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z/-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-15s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## run it, with simulated answers
	go run ./cmd/taskyard demo

.PHONY: quick
quick: format vet build ## the checks to run while you work: format, vet, build, tests
	go test ./...

# What check does, one after the other; what fails soonest comes first. Bash counts the seconds.
PARTS := format vet lint build dependencies vulnerabilities packages race modules snippets release-check shortattack program

.PHONY: check
check: SHELL := bash
check: ## everything that CI checks, with what is installed; in the end it tells what each part took
	@took=; for part in $(PARTS); do \
		SECONDS=0; $(MAKE) --no-print-directory $$part || exit; \
		took="$$took $$part $$SECONDS s,"; \
	done; echo "All is well. It took:$${took%,}."

.PHONY: test
test: tools ## install what is missing, then check
	@$(MAKE) --no-print-directory check

.PHONY: tools
tools: ## install what the checks need besides Go (Debian, Ubuntu)
	@missing=; for need in $(NEEDS); do \
		command -v "$${need%%:*}" >/dev/null || missing="$$missing $${need##*:}"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then echo "install these first:$$missing"; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then root=; else root=sudo; fi; \
	$$root apt-get update && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing

.PHONY: format
format: ## tell which files gofmt would change
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }

.PHONY: vet
vet: ## go vet, what is behind build tags too
	go vet -tags attack,browser,docs,snippets ./...
	go vet -tags chaos,profile ./internal/app

.PHONY: lint
lint: $(LINTER) ## golangci-lint
	$(LINTER) run ./...

$(LINTER):
	@mkdir -p .tools
	CGO_ENABLED=0 GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER_VERSION)
	@mv .tools/golangci-lint $@

# With -trimpath, so that a release, which needs it, finds most of it compiled.
.PHONY: build
build: ## compile everything, without cgo
	CGO_ENABLED=0 go build -trimpath ./...

.PHONY: dependencies
dependencies: ## hold the modules against go.sum, and go.mod against what is imported
	go mod verify
	go mod tidy -diff

# What is known to be vulnerable comes as a module too, so who can build can also ask. Its newest version is asked for each
# time (VULNDB=v0.0.0-… names another): of all checks, this is the one whose answer may change while the code does not.
# A fault of 2021 is looked up first, as a database that knows nothing would find nothing.
VULNDB := latest
.PHONY: vulnerabilities
vulnerabilities: $(VULNCHECK) ## look for known vulnerabilities in what the program calls, Go itself included
	@found=$$(go mod download -json golang.org/x/vulndb@$(VULNDB)) || { printf '%s\n' "$$found"; exit 1; }; \
	database=file://$$(printf '%s' "$$found" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')/data/osv; \
	printf '%s' "$$found" | sed -nE 's/.*"Version": ".*-(....)(..)(..)......-.*/what was known on \1-\2-\3:/p'; \
	$(VULNCHECK) -db "$$database" -mode query -json golang.org/x/text@v0.3.6 | grep -q '"GO-2021-0113"' || \
		{ echo "the database in $$database does not have GO-2021-0113"; exit 1; }; \
	$(VULNCHECK) -db "$$database" ./...

$(VULNCHECK):
	@mkdir -p .tools
	CGO_ENABLED=0 GOBIN=$(CURDIR)/.tools go install golang.org/x/vuln/cmd/govulncheck@$(VULNCHECK_VERSION)
	@mv .tools/govulncheck $@

# More packages and browsers at once than cores: many wait for time that passes really.
.PHONY: packages
packages: ## the tests of the packages, and of the commands of the documents
	go test -p 4 -tags docs $(PACKAGES)

.PHONY: browser
browser: .tools/npm/installed ## the tests of the program, killed in the middle and in a browser
	go test -tags browser -timeout 20m -parallel 4 ./cmd/...
	go test -tags browser ./bench -run Pages

# The chaos waits most of the time: it takes a quarter of a core.
.PHONY: program
program: ## browser, and shortchaos beside it
	$(MAKE) --no-print-directory -j2 -O browser shortchaos

# Under the race detector the runner's random scripts, crowds and largest texts take minutes, so it sees some of them. What
# runs on either engine it sees on SQLite, and what is about many nodes on PostgreSQL; what has no goroutines, and the
# hundreds of requests that ask one after the other who may do what, it does not see. All of them run in packages.
# Of these patterns go test takes the first that fits, even if it fits only as far as the name goes: the shorter come first.
ALONE := WhoMayUseWhat|NothingTellsOfAPrivateTask
MUCH := SentTwice|Stampede|EveryBehaviour/(bubble|http2)|EveryBehaviour/http1/an_event|EveryScenario/large|EveryRandomRun/([3-9].|100)
TWICE := OnPostgres|[^/]*/postgres|[^/]*/[^/]*/postgres
.PHONY: race
race: ## the race detector
	go test -race -p 4 -skip '$(ALONE)|$(MUCH)|$(TWICE)' $(filter-out %/internal/docstest %/internal/schema,$(PACKAGES))

.PHONY: modules
modules: ## the tests of the pages' modules
	@test -n "$(MODULE_TESTS)" || { echo "there are no tests of the modules"; exit 1; }
	node --test $(MODULE_TESTS)

# Parallel's own SDK for TypeScript, what checks the types of a program that uses it, and what finds barriers in pages.
NPM_PACKAGES := parallel-web@1.3.3 typescript@5.9.3 @types/node@20.19.25 axe-core@4.14.1
.PHONY: snippets
snippets: .tools/npm/installed ## run the programs that the pages show, in every language, against the simulator
	go test -tags snippets ./internal/snippet

.tools/npm/installed: Makefile
	@mkdir -p .tools/npm
	npm install --prefix .tools/npm --no-save --no-package-lock --no-audit --no-fund $(NPM_PACKAGES)
	@touch $@

# Root has a disk of its own made for the harness.
CHAOS := -for 3m
.PHONY: shortchaos
shortchaos: ## some of it, as long as a check may take
	$(MAKE) chaos CHAOS="-for 30s -live 60 -seed 1"
	$(MAKE) chaos CHAOS="-cluster -for 30s -live 60 -seed 1"
.PHONY: chaos
chaos: ## let everything go wrong for the real program (CHAOS="-for 3m -seed 7")
	@mkdir -p bin
	go build -o bin/chaos ./internal/chaos
	CGO_ENABLED=0 go build -trimpath -tags chaos -o bin/taskyard-chaos ./cmd/taskyard
	bin/chaos -binary bin/taskyard-chaos $(CHAOS)
.PHONY: chaos-cluster
chaos-cluster: ## the same for three nodes over one PostgreSQL
	$(MAKE) chaos CHAOS="-cluster $(CHAOS)"

# The attacks on the real program, and those that stand with the code that they are made on.
.PHONY: attack
attack: ## attack the real program from outside, by all ways that are known
	go test -tags attack,browser -timeout 20m -parallel 4 ./cmd/taskyard -run 'Attack|XSS|NoSecret|Marks'
	go test ./internal/access ./internal/limit ./internal/signin
	go test ./internal/app -run 'WhoMay|NothingTells|Idempotency|SignIn|Visitors|Strangers|Link|Private'
# Without what waits for deadlines of half a minute, and without what the tests have run already.
.PHONY: shortattack
shortattack: ## some of it, as long as a check may take
	go test -tags attack -short -parallel 4 ./cmd/taskyard -run Attack

# The figures of docs/performance.md are those of -json bench/results.json, and the document is made by -report of them.
BENCH :=
.PHONY: bench
bench: ## measure the program beside its floors, for ten minutes (BENCH="-parts live -profiles bin/profiles")
	@mkdir -p bin
	go build -o bin/bench ./bench
	bin/bench $(BENCH)
.PHONY: bench/full
bench/full: ## the same with 20,000 live tasks and lists of 1,000,000, for an hour
	$(MAKE) bench BENCH="-full $(BENCH)"

# Without minimization: some inputs take other paths each time, and the engine then tries for minutes.
FUZZTIME := 10m
.PHONY: fuzz
fuzz: ## fuzz everything that reads bytes from outside, as many targets at once as there are processors (FUZZTIME=10m)
	@go list ./... | while read -r package; do \
		go test "$$package" -list '^Fuzz' | sed -n "s|^Fuzz|$$package &|p"; \
	done | xargs -P "$$(getconf _NPROCESSORS_ONLN)" -L 1 sh -c 'echo "$$0 $$1"; \
		go test "$$0" -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 0s -parallel 1'

# What is committed is released; docs/operations.md says how it is verified. TARGETS=linux/amd64,… builds some of it.
VERSION = $(shell git describe --tags --always --abbrev=12)
.PHONY: release
release: $(CYCLONEDX) ## build what is published into dist, the same bytes each time (VERSION=v1.2.3)
	go run ./internal/release -version "$(VERSION)" -sbom "$(CYCLONEDX)" $(if $(TARGETS),-targets "$(TARGETS)")

$(CYCLONEDX):
	@mkdir -p .tools
	CGO_ENABLED=0 GOBIN=$(CURDIR)/.tools go install -trimpath github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_VERSION)
	@mv .tools/cyclonedx-gomod $@

# Two clones in two folders. That the compiler's part does not depend on the folder is Go's promise for -trimpath, so the
# second takes from the build cache what the first has put there, and neither may know where it lay. ANEW=1 gives the
# second an empty cache: a minute or two of two cores. One target is enough, as the others differ in GOOS and GOARCH alone.
CLONES := .tools/clones
RELEASED = release VERSION=v0.0.0-check TARGETS=linux/amd64 CYCLONEDX="$(abspath $(CYCLONEDX))"
.PHONY: release-check
release-check: $(CYCLONEDX) ## build what is committed twice, and compare (ANEW=1: compile all of it twice)
	@rm -rf $(CLONES)
	git clone --quiet . $(CLONES)/one
	git clone --quiet . $(CLONES)/another/two
	$(MAKE) -C $(CLONES)/one $(RELEASED)
	$(if $(ANEW),GOCACHE="$(abspath $(CLONES)/cache)") $(MAKE) -C $(CLONES)/another/two $(RELEASED)
	diff -r $(CLONES)/one/dist $(CLONES)/another/two/dist
	cd $(CLONES)/one/dist && sha256sum --check --strict SHA256SUMS
	cd $(CLONES)/one/dist && for file in *.tar.gz; do tar -xzf $$file; done && ! grep -rlF "$(abspath $(CLONES))" .
	$(CLONES)/one/dist/*/taskyard version | grep -F "v0.0.0-check (commit $$(git rev-parse --short=12 HEAD), $(GOTOOLCHAIN), "
	@rm -rf $(CLONES)

# Not a part of check, as it needs nginx, caddy and systemd of Debian. Nothing is started. What differs here is only what
# the checkers look up on this machine: a folder for what nginx writes, a user for Caddy, a program for systemd.
DEPLOY_TMP := .tools/deploy
.PHONY: deploy-check
deploy-check: ## let nginx, caddy and systemd read what is in deploy (Debian: nginx caddy systemd)
	@rm -rf $(DEPLOY_TMP) && mkdir -p $(DEPLOY_TMP)
	sed 's#/tmp/#$(CURDIR)/$(DEPLOY_TMP)/#' deploy/nginx.conf >$(DEPLOY_TMP)/nginx.conf
	/usr/sbin/nginx -t -c $(CURDIR)/$(DEPLOY_TMP)/nginx.conf
	sed -n '/^  nginx.conf: |/,/^---/{//d;s/^    //;p;}' deploy/kubernetes.yaml | sed 's#/tmp/#$(CURDIR)/$(DEPLOY_TMP)/#' >$(DEPLOY_TMP)/sidecar.conf
	test -s $(DEPLOY_TMP)/sidecar.conf
	/usr/sbin/nginx -t -c $(CURDIR)/$(DEPLOY_TMP)/sidecar.conf
	SIGN_IN_USER=check SIGN_IN_HASH="$$(caddy hash-password --plaintext check)" caddy validate --config deploy/Caddyfile --adapter caddyfile
	sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' deploy/taskyard.service >$(DEPLOY_TMP)/taskyard.service
	systemd-analyze verify --man=no $(CURDIR)/$(DEPLOY_TMP)/taskyard.service
	systemd-analyze security --offline=yes --threshold=20 --no-pager $(CURDIR)/$(DEPLOY_TMP)/taskyard.service
