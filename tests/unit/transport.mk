transport_libs = libtransport.a libbase.a $(CMOCKA_LIBS)

unit_tests += tests/unit/test_endpoint
tests_unit_test_endpoint_SOURCES = tests/unit/test_endpoint.c tests/lib/testing.h
tests_unit_test_endpoint_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_endpoint_LDADD = $(transport_libs)

unit_tests += tests/unit/test_transport
tests_unit_test_transport_SOURCES = tests/unit/test_transport.c tests/lib/testing.h \
	tests/lib/endpoints.c tests/lib/endpoints.h
tests_unit_test_transport_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_LDADD = $(transport_libs)
