# The index of what one does here. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help up test lint unit bench chaos proof proof-journal fuzz clean

# Where `make up` keeps everything: broker, database, object store, journal.
DATA ?= data
# More flags for `fieldbook up`, such as ARGS="--no-history --http 127.0.0.1:8080".
ARGS ?=
# How long `make fuzz` takes for each of its targets.
SECONDS ?= 60
# How long `make chaos` takes.
CHAOS_MINUTES ?= 30
# Tests at a time: they wait for servers as long as they work.
TEST_THREADS ?= $(shell expr 2 '*' $$(nproc))

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

up: ## Run everything on this machine; Ctrl-C stops it
	@scripts/install-programs.sh up
	@cargo build --locked --package fieldbook
	@exec target/debug/fieldbook up --data-dir $(DATA) $(ARGS)

test: ## Check everything, as it must be before a change lands
	@scripts/install-programs.sh test
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory unit

lint: ## Format, lints and docs
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet

unit: ## All tests: unit, integration, end to end
	node --test --test-reporter=dot web/assets/tests/*.test.js
	RUST_TEST_THREADS=$(TEST_THREADS) cargo test --locked --workspace --no-fail-fast

bench: ## Measure side by side, release build; BENCH="receiving loader whole raw replay loading buckets late graphql export live catalogue pages quality" picks
	@scripts/install-programs.sh bench
	cargo build --locked --release --package fieldbook --package bench
	cargo run --locked --release --package bench -- $(BENCH)

# The whole workspace, as `make test` builds it: a part of it would be built anew.
chaos: ## Proof by fire: random faults for CHAOS_MINUTES=30, adding up in target/chaos; CHAOS_SEED=n is one round again
	@scripts/install-programs.sh test
	CHAOS_MINUTES=$(CHAOS_MINUTES) cargo test --locked --workspace --test it -- --nocapture chaos::rounds

fuzz: ## Fuzz what reads bytes from disk and network: SECONDS=60 for each target
	@scripts/fuzz.sh $(SECONDS)

proof: proof-journal chaos fuzz ## Long chaos, fuzzing: hours may pass

# Seeds of the journal's model; JOURNAL_SEED=n instead replays one.
JOURNAL_SEEDS ?= 20000

proof-journal:
	JOURNAL_SEEDS=$(JOURNAL_SEEDS) cargo test --locked --package journal --test it -- --nocapture model_random
	JOURNAL_SEEDS=20 cargo test --locked --package journal --test it -- --nocapture model_a_crash

clean: ## Remove what was built; the data stays
	cargo clean
