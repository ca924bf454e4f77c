# For those who go through the table of services.
services_test_libraries = libserver.a libsettings.a libecho.a libtransport.a libbase.a \
	$(LIBCONFIG_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)

unit_tests += tests/unit/test_relay
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c tests/lib/testing.h \
	tests/lib/faults.c tests/lib/faults.h tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_relay_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_relay_LDADD = libserver.a libsettings.a libecho.a libtransport.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_relay_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP) -Wl,--wrap=malloc

unit_tests += tests/unit/test_admission
tests_unit_test_admission_SOURCES = tests/unit/test_admission.c tests/lib/testing.h
tests_unit_test_admission_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_admission_LDADD = libserver.a libsettings.a libecho.a libtransport.a libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_connection
tests_unit_test_connection_SOURCES = tests/unit/test_connection.c tests/lib/testing.h \
	tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_connection_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_connection_LDADD = $(services_test_libraries)

unit_tests += tests/unit/test_crew
tests_unit_test_crew_SOURCES = tests/unit/test_crew.c tests/lib/testing.h tests/lib/room.h \
	tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_crew_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_crew_LDADD = $(services_test_libraries)

unit_tests += tests/unit/test_info
tests_unit_test_info_SOURCES = tests/unit/test_info.c tests/lib/testing.h tests/lib/room.h \
	tests/lib/endpoints.c tests/lib/endpoints.h tests/lib/sockets.c tests/lib/sockets.h
tests_unit_test_info_CPPFLAGS = $(TEST_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_info_LDADD = $(services_test_libraries)

unit_tests += tests/unit/test_services
tests_unit_test_services_SOURCES = tests/unit/test_services.c tests/lib/testing.h
tests_unit_test_services_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_services_LDADD = $(services_test_libraries)
