# make run and make test are all that a newcomer needs; make help lists the rest.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commitOfBuild=$(COMMIT)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
GOSEC := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
# Not asked of gosec: G104 (an error that is not looked at: here only writes to an
# answer, a hash or a log, and closing what was read; nobody could be told) and
# G304 (a file named by a variable: all names come from the operator's command
# line or configuration, none from a request). Its other rules hold everywhere,
# and an exception is written where it is, with its rule and its reason. Packages
# that only tests and builds use and generated code are left out.
GOSECFLAGS := -quiet -exclude=G104,G304 -exclude-generated -nosec-require-rules -nosec-require-justification \
	-exclude-dir=node_modules -exclude-dir=redistest -exclude-dir=sources/sourcetest -exclude-dir=schematest -exclude-dir=scripts -exclude-dir=attack -exclude-dir=cluster -exclude-dir=soak -exclude-dir=bench -exclude-dir=clients
FUZZTIME ?= 30s
BENCHTIME ?= 2s
PROFILE ?= Query/.*/memory
PACKAGES := $(shell go list ./... | grep -v /node_modules/)

.PHONY: help run build test web generate licences check lint security vuln attack cluster soak fuzz bench bench-load profile clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

run: build ## build and start the gateway with simulated upstreams on 127.0.0.1:8080
	./bin/tributary serve --sandbox --listen 127.0.0.1:8080

# Without npm the gateway is built all the same; the page then says what is missing.
build: ## write bin/tributary, with the GraphiQL page where npm is there
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; \
	else echo "npm is not installed: building without the GraphiQL page"; fi
	go build -trimpath -ldflags "$(LDFLAGS)" -o bin/tributary .

web: web/dist/index.html ## build the GraphiQL page

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules/.package-lock.json web/index.html web/vite.config.js $(wildcard web/src/* web/examples/* web/public/*)
	cd web && npm run build

test: web ## run every test; installs redis-server and chromium through apt where it may
	go test -race -timeout 14m $(PACKAGES)

generate: ## regenerate graph/ from schema.graphqls and gqlgen.yml
	go run ./scripts/generate

licences: ## write docs/licences.md, the licences of all that ends in the binary
	go run ./scripts/licences > docs/licences.md.new && mv docs/licences.md.new docs/licences.md

check: lint security ## everything but the tests: stale generation, format, vet, staticcheck, tidy modules, gosec, licences, known vulnerabilities
	./scripts/check-generated

lint:
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet $(PACKAGES)
	go run $(STATICCHECK) $(PACKAGES)
	go mod tidy -diff
	go mod verify
	go test -run TestImports .

security: vuln
	go run $(GOSEC) $(GOSECFLAGS) ./...
	./scripts/check-licences

vuln: ## look for known vulnerabilities in https://vuln.go.dev; where that is out of reach, fail with VULN_REQUIRED=1
	GOBIN=$(CURDIR)/bin go install $(GOVULNCHECK)
	./scripts/check-vulnerabilities ./bin/govulncheck ./...

attack: ## send a gateway of its own what a hostile internet would; go run ./attack --help says how to attack another
	go run ./attack

cluster: ## three replicas over a Redis Cluster under load while one is killed, one drained and a Redis master fails over
	go run ./cluster

soak: ## two gateways answer for 60 s while all sources and Redis fail at once; go run ./soak --duration 1h for longer
	go run ./soak

fuzz: ## fuzz what parses bytes from outside, FUZZTIME each
	./scripts/fuzz $(FUZZTIME)

bench: ## benchmarks through the real HTTP handler, beside a bare one
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem ./bench ./accounts ./cache ./document ./graphqlhttp ./identity ./throttle

bench-load: ## the gateway under load beside a bare handler and a bare proxy, in one table
	go run ./bench/load

profile: ## write CPU and heap profiles of the gateway under the queries that match PROFILE to profiles/
	./scripts/profile profiles $(BENCHTIME) '$(PROFILE)'

clean: ## remove what was built
	rm -rf bin profiles web/dist/assets web/dist/index.html web/node_modules
