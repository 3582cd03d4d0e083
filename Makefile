# The first thing to type:  make demo
# Everything else is cargo, psql and git; these goals only put the machine in order first.

.DEFAULT_GOAL := help
.PHONY: help demo test browser contract

CARGO ?= cargo
# For the program:  make demo DEMO_ARGS="--listen 127.0.0.1:9000"
DEMO_ARGS ?=
# For the tests:  make test TEST_ARGS="overdue"
TEST_ARGS ?=
# Each test has a database of its own; more than four at once only wait for the disk.
TEST_THREADS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); if [ "$$n" -gt 4 ]; then n=4; fi; echo $$n)

help:
	@echo 'make demo   install what is missing, build, and run guatu on demonstration data'
	@echo 'make test   install what is missing, build, and run all tests, those in Chromium too'
	@echo 'make browser  only those in Chromium: each persona'"'"'s day, axe, HTML, widths; screenshots in target/screenshots'
	@echo 'make contract   hold the API against its document as each role (schemathesis from PyPI; ten minutes)'
	@echo
	@echo 'DEMO_ARGS="..." and TEST_ARGS="..." are passed on; TEST_THREADS=$(TEST_THREADS)'

demo:
	@scripts/install-needs.sh demo
	$(CARGO) run --release --locked -- demo $(DEMO_ARGS)

test:
	@scripts/install-needs.sh test
	RUST_TEST_THREADS=$(TEST_THREADS) $(CARGO) test --locked $(TEST_ARGS)
	@[ -n "$(TEST_ARGS)" ] || tests/browser/run.sh

browser:
	@scripts/install-needs.sh test
	tests/browser/run.sh

contract:
	@scripts/install-needs.sh contract
	tests/contract/run.sh
