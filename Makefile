# Two of these are all that most people need: "make run" and "make test". Neither needs more than Go and git.

GO         ?= go
LINT       := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PROGRAM    := bin/uploader$(shell $(GO) env GOEXE)

.PHONY: run test build race lint fmt ci clean

run: build ## the whole job on this machine: local inbox, sample files, comparison
	@sh .ci/window-libraries
	$(PROGRAM) practice

test: ## all tests; no system package, no C compiler, no network beyond modules. SOAK=yes: the long ones instead
	$(if $(SOAK),.ci/soak,CGO_ENABLED=0 $(GO) test ./...)

build: ## the program without a window, for this machine
	CGO_ENABLED=0 $(GO) build -trimpath -o $(PROGRAM) ./cmd/uploader

race: ## all tests with the race detector, which needs a C compiler
	CGO_ENABLED=1 $(GO) test -race ./...

lint: ## vet, the linters of .golangci.yml and the format
	$(GO) vet ./...
	GOFLAGS= $(GO) run $(LINT) run

fmt: ## write the format that lint asks for
	GOFLAGS= $(GO) run $(LINT) fmt

ci: ## everything, on a clean checkout; under half an hour
	.ci/run

clean: ## remove what was built
	rm -rf bin dist .cache
