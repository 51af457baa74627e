# Two of these are all that most people need: "make run" and "make test". Neither needs more than Go and git; with a C compiler and
# the graphics libraries, "make run" opens the window.

GO         ?= go
LINT       := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
PROGRAM    := bin/uploader$(shell $(GO) env GOEXE)
# Without a C compiler Fyne compiles on macOS only under this tag of its own.
TAGS       := $(if $(filter darwin,$(shell $(GO) env GOOS)),-tags ci)
# For screen readers, on the systems for which Fyne has that.
WINDOW_TAGS := $(if $(filter darwin windows,$(shell $(GO) env GOOS)),-tags accessibility)

.PHONY: live run test build dist race lint fmt e2e bench soak ci

run: ## the window where there is a display, else the whole job without one: local inbox, sample files, comparison
	@if sh .ci/window-libraries --display; then \
		sh .ci/window-libraries && $(MAKE) --no-print-directory build && \
		if sh .ci/window-libraries --ready; then $(PROGRAM) window; else $(PROGRAM) practice; fi; \
	else \
		echo "run: there is no display for a window, so the program is built without one."; \
		$(MAKE) --no-print-directory build WINDOW=no && $(PROGRAM) practice; \
	fi

test: ## all tests; no system package, no C compiler, no network beyond modules
	@[ -e /dev/ptmx ] || echo "test: there is no /dev/ptmx here, so what needs a terminal is skipped."
	CGO_ENABLED=0 $(GO) test $(TAGS) ./...

build: ## the program for this machine: with its window where that can be built (the first time takes minutes), else without
	@if sh .ci/window-libraries --ready; then \
		echo "build: the first time takes minutes, of which github.com/go-gl has most; each package is named when it is its turn."; \
		set -x; CGO_ENABLED=1 $(GO) build -v $(WINDOW_TAGS) -o $(PROGRAM) ./cmd/uploader; \
	else set -x; CGO_ENABLED=0 $(GO) build -trimpath -o $(PROGRAM) ./cmd/uploader; fi

dist: ## packages in dist/, for SYSTEMS="linux static windows" or some of them; see packaging/build
	packaging/build $(SYSTEMS)

race: ## all tests with the race detector, which needs a C compiler
	CGO_ENABLED=1 $(GO) test -race -tags nogui ./...

lint: ## vet, the linters of .golangci.yml and the format
	CGO_ENABLED=0 $(GO) vet $(TAGS) ./...
	CGO_ENABLED=0 GOFLAGS= $(GO) run $(LINT) run

fmt: ## write the format that lint asks for
	GOFLAGS= $(GO) run $(LINT) fmt

e2e: ## the real window on a private desktop, acted on as a person would; Linux, installs what it needs as root with apt
	ui/e2e/run

live: ## against a storage account of yours, UPLOADER_LIVE=CONNECTION-STRING: some hundred requests, below a cent; what it makes it removes
	@test -n "$$UPLOADER_LIVE" || { echo "UPLOADER_LIVE holds no connection string; see CONTRIBUTING.md"; exit 2; }
	CGO_ENABLED=0 $(GO) test $(TAGS) -count=1 -v -timeout 30m -run '^TestLive' ./uploader/azure ./workspace

bench: ## "uploader copy" beside the least that a client can do, AzCopy and rclone; about three quarters of an hour. ROWS=small,4g: these alone
	$(GO) run ./internal/bench -rows "$(ROWS)" $(BENCH)

soak: ## the long versions of the tests of faults; about forty minutes, and an hour of simulated worlds
	.ci/soak

ci: ## everything, on a clean checkout; under half an hour
	.ci/run
