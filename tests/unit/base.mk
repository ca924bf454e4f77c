unit_tests += tests/unit/test_errno_name
tests_unit_test_errno_name_SOURCES = tests/unit/test_errno_name.c tests/lib/testing.h
tests_unit_test_errno_name_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_errno_name_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_text
tests_unit_test_text_SOURCES = tests/unit/test_text.c tests/lib/testing.h
tests_unit_test_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_text_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_timer
tests_unit_test_timer_SOURCES = tests/unit/test_timer.c tests/lib/testing.h
tests_unit_test_timer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_timer_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_hash
tests_unit_test_hash_SOURCES = tests/unit/test_hash.c tests/lib/testing.h
tests_unit_test_hash_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_hash_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c tests/lib/testing.h
tests_unit_test_options_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_options_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c tests/lib/testing.h
tests_unit_test_log_CPPFLAGS = $(TEST_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_log_LDFLAGS = $(AM_LDFLAGS) -fno-lto \
	-Wl,--wrap=write,--wrap=access,--wrap=syslog,--wrap=__syslog_chk
tests_unit_test_log_LDADD = libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS)

unit_tests += tests/unit/test_log_limit
tests_unit_test_log_limit_SOURCES = tests/unit/test_log_limit.c tests/lib/testing.h
tests_unit_test_log_limit_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_log_limit_LDADD = libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_loop
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c tests/lib/testing.h \
	tests/lib/faults.c tests/lib/faults.h
tests_unit_test_loop_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_loop_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_loop_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP)

unit_tests += tests/unit/test_wide
tests_unit_test_wide_SOURCES = tests/unit/test_wide.c tests/lib/testing.h
tests_unit_test_wide_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_wide_LDADD = $(CMOCKA_LIBS)
