transport_libs = libtransport.a libbase.a $(CMOCKA_LIBS)

# For programs that link tests/lib/faults.c; --wrap sees no symbol that LTO has already resolved.
FAULTS_WRAP = -fno-lto \
	-Wl,--wrap=seam_socket,--wrap=seam_bind,--wrap=seam_listen,--wrap=seam_accept \
	-Wl,--wrap=seam_connect,--wrap=seam_setsockopt,--wrap=seam_shutdown,--wrap=seam_pipe \
	-Wl,--wrap=seam_allocate,--wrap=seam_recv,--wrap=seam_send,--wrap=seam_splice \
	-Wl,--wrap=seam_epoll_wait

unit_tests += \
	tests/unit/test_address tests/unit/test_endpoint tests/unit/test_io \
	tests/unit/test_transport tests/unit/test_transport_faults

tests_unit_test_address_SOURCES = tests/unit/test_address.c tests/lib/testing.h
tests_unit_test_address_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_address_LDADD = $(transport_libs)

tests_unit_test_endpoint_SOURCES = tests/unit/test_endpoint.c tests/lib/testing.h
tests_unit_test_endpoint_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_endpoint_LDADD = $(transport_libs)

tests_unit_test_io_SOURCES = tests/unit/test_io.c tests/lib/testing.h \
	tests/lib/endpoints.c tests/lib/endpoints.h tests/lib/faults.c tests/lib/faults.h
tests_unit_test_io_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_io_LDADD = $(transport_libs)
tests_unit_test_io_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP)

tests_unit_test_transport_SOURCES = tests/unit/test_transport.c tests/lib/testing.h \
	tests/lib/endpoints.c tests/lib/endpoints.h
tests_unit_test_transport_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_LDADD = $(transport_libs)

tests_unit_test_transport_faults_SOURCES = tests/unit/test_transport_faults.c \
	tests/lib/testing.h tests/lib/endpoints.c tests/lib/endpoints.h \
	tests/lib/faults.c tests/lib/faults.h
tests_unit_test_transport_faults_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_faults_LDADD = $(transport_libs)
tests_unit_test_transport_faults_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP)
