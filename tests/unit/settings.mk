settings_test_sources = tests/lib/settings.c tests/lib/settings.h tests/lib/testing.h
settings_test_libraries = libsettings.a libtransport.a libbase.a $(LIBCONFIG_LIBS) $(CMOCKA_LIBS)

unit_tests += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c $(settings_test_sources)
tests_unit_test_settings_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_settings_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_schema
tests_unit_test_schema_SOURCES = tests/unit/test_schema.c $(settings_test_sources)
tests_unit_test_schema_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_schema_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_scan
tests_unit_test_scan_SOURCES = tests/unit/test_scan.c $(settings_test_sources)
tests_unit_test_scan_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_scan_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_trial
tests_unit_test_trial_SOURCES = tests/unit/test_trial.c $(settings_test_sources)
tests_unit_test_trial_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_trial_LDADD = $(settings_test_libraries)
