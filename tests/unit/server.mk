settings_test_sources = tests/lib/settings.c tests/lib/settings.h tests/lib/testing.h
settings_test_libraries = libserver.a libtransport.a libbase.a $(LIBCONFIG_LIBS) $(CMOCKA_LIBS)

unit_tests += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c $(settings_test_sources)
tests_unit_test_settings_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_settings_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_settings_schema
tests_unit_test_settings_schema_SOURCES = tests/unit/test_settings_schema.c $(settings_test_sources)
tests_unit_test_settings_schema_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_settings_schema_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_settings_text
tests_unit_test_settings_text_SOURCES = tests/unit/test_settings_text.c $(settings_test_sources)
tests_unit_test_settings_text_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_settings_text_LDADD = $(settings_test_libraries)

unit_tests += tests/unit/test_relay
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c tests/lib/testing.h \
	tests/lib/faults.c tests/lib/faults.h tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_relay_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_relay_LDADD = libserver.a libecho.a libtransport.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_relay_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP) -Wl,--wrap=malloc

unit_tests += tests/unit/test_admission
tests_unit_test_admission_SOURCES = tests/unit/test_admission.c tests/lib/testing.h
tests_unit_test_admission_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_admission_LDADD = libserver.a libecho.a libtransport.a libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_connection
tests_unit_test_connection_SOURCES = tests/unit/test_connection.c tests/lib/testing.h \
	tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_connection_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_connection_LDADD = libserver.a libecho.a libtransport.a libbase.a $(CMOCKA_LIBS)
