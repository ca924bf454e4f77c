unit_tests += tests/unit/test_echo
tests_unit_test_echo_SOURCES = tests/unit/test_echo.c tests/lib/testing.h
tests_unit_test_echo_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_echo_LDADD = libecho.a $(CMOCKA_LIBS)
