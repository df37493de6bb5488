# make build   the C library and command, and .venv with the Python package
# make demo    sets up, builds, prints the flows of a capture that comes with the project
# make test    sets up, builds with sanitizers, runs every test; last line: N passed, N failed
# make test-long  every test over the whole corpus, then every fuzz target for ten minutes (hours)
# make test-integrations  the tests that start Spark, Ray, PyTorch and others (installs them: some GB; some minutes)
# make wheels  wheels for Linux (glibc 2.17 and later, musl) with zig and static libraries, in build/wheels/dist
# make test-releases  the wheel in chroots with Wireshark 4.0, 4.4 and 4.6 (root, network; some minutes)
# make test-foreign  the wheel for ARM64 under qemu, and the command linked with musl (some minutes; needs make wheels, qemu-user-static)
# make test-wireshark  the wheel flowcontainer-wireshark (libwireshark 4.0 for machines without it), in build/wheels/dist, and its test in
#                      chroots (root, network; some minutes; needs make wheels)
# make test-debian  the Debian source package, built and installed in chroots of Debian 13 (root, network; some minutes)
# make check-recipes  the recipes of conda and Homebrew are read by their tools (network, ruby)
# make check-macos  every file of the library and the command compiles for macOS with zig (some minutes; needs make wheels)
# make fuzz    libFuzzer on every target for FUZZ_SECONDS each (clang)
SHELL := /bin/bash
RELEASE := build/release
CHECKED := build/checked
SOURCES := $(shell find src cli include python worker -name '*.[ch]' -o -name '*.def' -o -name '*.py' -o -name '*.cmake') \
	CMakeLists.txt pyproject.toml
PACKAGE := .venv/.installed-package
FUZZ_SECONDS ?= 60

.PHONY: wheels test-releases test-foreign test-wireshark test-debian check-recipes check-macos build demo test test-long test-integrations checked fuzz clean setup library
build: library $(PACKAGE)

setup:
	@tools/setup.sh build

library: setup
	@[ -f $(RELEASE)/build.ninja ] || cmake -S . -B $(RELEASE) -G Ninja -DFC_WERROR=OFF >/dev/null
	@cmake --build $(RELEASE) -- --quiet

$(PACKAGE): $(SOURCES) | setup
	@.venv/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall .
	@touch $@

demo: $(PACKAGE)
	@.venv/bin/flowcontainer tests/pcaps/demo.pcap

checked: build
	@tools/setup.sh test
	@[ -f $(CHECKED)/build.ninja ] || cmake -S . -B $(CHECKED) -G Ninja -DFC_TESTS=ON -DFC_SANITIZE=ON >/dev/null
	@cmake --build $(CHECKED) -- --quiet

test: checked
	@.venv/bin/python tools/test.py $(CHECKED)

test-long: checked
	@tools/setup.sh fuzz
	@$(MAKE) fuzz FUZZ_SECONDS=600
	@.venv/bin/python tools/test.py $(CHECKED) --long

test-integrations: build
	@tools/setup.sh integrations
	@.venv/bin/python tools/test.py $(RELEASE) --integrations

wheels:
	@python3 tools/release/wheels.py $(PLATFORMS)

test-releases:
	@python3 tools/release/releases.py $(SUITES)

test-foreign:
	@python3 tools/release/foreign.py

test-wireshark:
	@python3 tools/release/bundle.py
	@python3 tools/release/bundle_test.py

test-debian:
	@python3 tools/release/package_debian.py $(SUITES)

check-recipes:
	@python3 tools/release/check_recipes.py

check-macos:
	@python3 tools/release/macos.py

fuzz:
	@[ -f build/fuzz/build.ninja ] || CC=clang cmake -S . -B build/fuzz -G Ninja -DFC_FUZZ=ON >/dev/null
	@cmake --build build/fuzz -- --quiet
	@for target in build/fuzz/*_fuzz; do \
		mkdir -p build/fuzz-corpus/$$(basename $$target); \
		$$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 build/fuzz-corpus/$$(basename $$target) \
			tests/fuzz/corpus/$$(basename $$target) || exit 1; \
	done

clean:
	rm -rf build
