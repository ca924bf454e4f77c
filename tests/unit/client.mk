client_libraries = libclient.a $(measure_libraries) $(CMOCKA_LIBS)

unit_tests += tests/unit/test_connect tests/unit/test_exchange tests/unit/test_flight \
	tests/unit/test_request

tests_unit_test_connect_SOURCES = tests/unit/test_connect.c $(socket_sources)
tests_unit_test_connect_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_connect_LDADD = $(client_libraries)

tests_unit_test_exchange_SOURCES = tests/unit/test_exchange.c tests/lib/testing.h \
	tests/lib/faults.c tests/lib/faults.h
tests_unit_test_exchange_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_exchange_LDADD = $(client_libraries)
tests_unit_test_exchange_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP)

tests_unit_test_flight_SOURCES = tests/unit/test_flight.c tests/lib/testing.h
tests_unit_test_flight_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_flight_LDADD = $(client_libraries)

tests_unit_test_request_SOURCES = tests/unit/test_request.c tests/lib/testing.h
tests_unit_test_request_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_request_LDADD = $(client_libraries)
