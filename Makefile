# The work is done by Go and by the small scripts in .ci; here it only has names.
.PHONY: help run demo build test check generate bench fuzz torture

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build bin/switchyard
	@[ -x bin/switchyard ] || echo "building bin/switchyard; the first time takes a minute or more"
	@go build -o bin/switchyard ./cmd/switchyard

run: build ## build and start on PORT (8080) with SQLite and, at first, a demo team
	@exec bin/switchyard serve --demo

demo: build ## let simulated customers write to the server that `make run` started, RATE (1) messages a second
	@exec bin/switchyard demo --rate $(or $(RATE),1)

test: ## run all tests on both databases, installing what they need; PKG="./desk/..." for some
	@.ci/test $(PKG)

check: ## generated code, vet, staticcheck, format, imports, schema, migrations
	@.ci/check

generate: ## write all generated code
	@.ci/generate

bench: ## measure the product beside its limits; BENCH="W1 W3" for some, SCALE=100000 conversations; BENCH=Name for Go benchmarks
	@.ci/bench

fuzz: ## fuzz every parser for FUZZTIME (10s)
	@.ci/fuzz

torture: ## kill servers, databases and disks under load and judge what is left, about 40 minutes; ARGS="-short" for four
	@.ci/torture $(ARGS)
