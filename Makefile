# Run `make help` for what there is.
.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## compile every package, without cgo
	CGO_ENABLED=0 go build ./...

.PHONY: vet
vet: ## gofmt and go vet
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "these files are not formatted: run gofmt -w ."; exit 1; }
	go vet ./...

.PHONY: test
test: vet build ## run everything
	go test ./...
	go test -race . ./internal/... ./parallel
