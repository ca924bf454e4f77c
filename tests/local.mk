# Tests: unit programs in C (cmocka), system tests in Python against the built programs.
# A fragment per layer adds to unit_tests and system_tests.

TEST_CPPFLAGS = $(AM_CPPFLAGS) -Wno-frame-larger-than -I$(top_srcdir)/tests $(CMOCKA_CFLAGS)

include tests/unit/base.mk
include tests/unit/transport.mk
include tests/unit/echo.mk
include tests/unit/measure.mk
include tests/unit/client.mk
include tests/unit/bench.mk
include tests/unit/settings.mk
include tests/unit/server.mk
include tests/system/local.mk
include tests/system/client.mk
include tests/system/bench.mk
include tests/system/service.mk
include tests/system/life.mk
checks = tests/check-driver.py tests/check-includes.py tests/check-programs.py

# The fragments are read in any case: the tarball holds the tests even where they cannot be built.
if TESTS_ENABLED
check_PROGRAMS += $(unit_tests)
TESTS += $(checks) $(unit_tests) $(system_tests)
endif
EXTRA_DIST += $(checks) $(system_tests) tests/README.md tests/lib/directory.py tests/lib/echotest.py \
	tests/lib/room.h tests/bad-settings tests/check-flags tests/check-quotes.py \
	tests/check-tarball tests/driver.py tests/lint tests/platform tests/room \
	tests/under-valgrind tests/verify-release

.PHONY: build-tests
build-tests: $(check_LIBRARIES) $(check_PROGRAMS)

TEST_EXTENSIONS = .py
LOG_DRIVER = $(PYTHON3) -B '$(top_srcdir)/tests/driver.py'
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
AM_PY_LOG_FLAGS = -B
AM_TESTS_ENVIRONMENT = \
	ECHO_BUILD='$(abs_top_builddir)'; export ECHO_BUILD; \
	ECHO_SOURCE='$(abs_top_srcdir)'; export ECHO_SOURCE; \
	ECHO_SANITIZERS='$(SANITIZERS)'; export ECHO_SANITIZERS; \
	ECHO_HARDENING='$(HARDENING)'; export ECHO_HARDENING; \
	ECHO_PROGRAMS='$(bin_PROGRAMS)'; export ECHO_PROGRAMS; \
	CC='$(CC)'; export CC; \
	PYTHONPATH='$(abs_top_srcdir)/tests/lib'; export PYTHONPATH;
# By make, because the flags may hold quotes.
export ECHO_FLAGS = $(user_flags)

if !TESTS_ENABLED
# A check that runs nothing must not look like one that passed.
check-local:
	@echo "make check: no tests were built: $(TESTS_WHY)" >&2; exit 1
endif

# The tarball, and whether everyone who makes it from these sources gets the same bytes.
.PHONY: verify-release
verify-release: dist
	cd $(srcdir) && tests/verify-release '$(abs_top_builddir)/$(distdir).tar.xz'

# Style and static checks; for who works on the sources, not part of make check.
.PHONY: lint
lint:
	cd $(srcdir) && CPPFLAGS='-D_GNU_SOURCE -Isrc -I$(abs_top_builddir) -DSYSCONFDIR="/etc"' tests/lint
