# Tests: unit programs in C (cmocka), system tests in Python against the built programs.
# A fragment per layer adds to unit_tests and system_tests.

TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CMOCKA_CFLAGS)

if TESTS_ENABLED
include tests/unit/base.mk
include tests/unit/transport.mk
include tests/unit/echo.mk
include tests/unit/measure.mk
include tests/system/local.mk
endif

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests) $(system_tests)
EXTRA_DIST += $(system_tests) tests/lib/echotest.py

TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON3)
AM_PY_LOG_FLAGS = -B
AM_TESTS_ENVIRONMENT = \
	ECHO_BUILD='$(abs_top_builddir)'; export ECHO_BUILD; \
	ECHO_SOURCE='$(abs_top_srcdir)'; export ECHO_SOURCE; \
	ECHO_SANITIZERS='$(SANITIZERS)'; export ECHO_SANITIZERS; \
	PYTHONPATH='$(abs_top_srcdir)/tests/lib'; export PYTHONPATH;

if !TESTS_ENABLED
# A check that runs nothing must not look like one that passed.
check-local:
	@echo "make check: no tests were built: $(TESTS_WHY)" >&2; exit 1
endif
