unit_tests += \
	tests/unit/test_compare tests/unit/test_document tests/unit/test_histogram tests/unit/test_pattern \
	tests/unit/test_report tests/unit/test_terminal

tests_unit_test_compare_SOURCES = tests/unit/test_compare.c tests/lib/testing.h
tests_unit_test_compare_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_compare_LDADD = libmeasure.a libbase.a $(CMOCKA_LIBS)

tests_unit_test_histogram_SOURCES = tests/unit/test_histogram.c tests/lib/testing.h
tests_unit_test_histogram_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_histogram_LDADD = libmeasure.a libbase.a $(CMOCKA_LIBS) -lm

tests_unit_test_pattern_SOURCES = tests/unit/test_pattern.c tests/lib/testing.h
tests_unit_test_pattern_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_pattern_LDADD = libmeasure.a libbase.a $(CMOCKA_LIBS)

tests_unit_test_report_SOURCES = tests/unit/test_report.c tests/lib/testing.h
tests_unit_test_report_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_report_LDADD = libmeasure.a libbase.a $(JANSSON_LIBS) $(CMOCKA_LIBS) -lm

tests_unit_test_terminal_SOURCES = tests/unit/test_terminal.c tests/lib/testing.h
tests_unit_test_terminal_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_terminal_LDADD = libmeasure.a libbase.a $(CMOCKA_LIBS) -lutil

tests_unit_test_document_SOURCES = tests/unit/test_document.c tests/lib/testing.h
tests_unit_test_document_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_document_LDADD = libmeasure.a libbase.a $(JANSSON_LIBS) $(CMOCKA_LIBS) -lm
