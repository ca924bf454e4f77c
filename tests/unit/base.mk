unit_tests += tests/unit/test_text
tests_unit_test_text_SOURCES = tests/unit/test_text.c tests/lib/testing.h
tests_unit_test_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_text_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c tests/lib/testing.h
tests_unit_test_options_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_options_LDADD = libbase.a $(CMOCKA_LIBS)
