# Autonet. `make devnet` and `make test` do all set-up themselves.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/autonet
# An existing libtorch is honoured; otherwise set-up installs one.
LIBTORCH ?= $(CACHE)/libtorch-2.11.0
export LIBTORCH
TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),$(CURDIR)/target)
ARGS ?=

.PHONY: help setup devnet test nightly bench lint contracts guest build fmt clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install all that building and running needs: system packages, Node packages, libtorch
	@devnet/setup/system-packages
	@devnet/setup/node-packages
	@$(if $(filter $(CACHE)/%,$(LIBTORCH)),devnet/setup/libtorch $(LIBTORCH) >/dev/null,:)

build: setup ## Build every binary
	cargo build --workspace --bins --locked

devnet: build ## Run the whole network; options in ARGS, as in ARGS="--rounds 2 --exit"
	$(TARGET)/debug/autonet-devnet run $(ARGS)

test: build ## All tests: Rust, contracts, end to end
	cargo test --workspace --locked --no-fail-fast
	$(MAKE) --no-print-directory -C contracts test

lint: setup ## Formats, lints, dependency arrows, no_std builds, committed artifacts
	cargo fmt --all --check
	.ci/check-arrows
	cargo clippy --workspace --all-targets --locked -- -D warnings
	.ci/check-no-std
	$(MAKE) --no-print-directory -C contracts lint

contracts: setup ## Rebuild the contracts' committed artifacts
	contracts/bin/artifacts

guest: ## Build the fault proof's guest from pinned packages and compare it with the committed ELF
	fraud-prover/guest/build-elf --check

bench: setup ## Benchmarks
	cargo bench -p autonet-ml-precompiles --locked
	cargo run --release -p autonet-fraud-prover --locked -- bench

nightly: build ## What takes hours: all public Ethereum state tests in the guest
	AUTONET_STATE_TESTS=all cargo test --workspace --locked --test state_tests -- --nocapture

fmt: ## Format Rust and Solidity
	cargo fmt --all
	$(MAKE) --no-print-directory -C contracts fmt

clean: ## Remove what was built in this checkout
	rm -rf target contracts/out contracts/cache .devnet
