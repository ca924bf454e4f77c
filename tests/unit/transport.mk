transport_libs = libtransport.a libbase.a $(CMOCKA_LIBS)

# For programs that link tests/lib/faults.c; --wrap sees no symbol that LTO has already resolved.
FAULTS_WRAP = -fno-lto \
	-Wl,--wrap=seam_socket,--wrap=seam_bind,--wrap=seam_listen,--wrap=seam_accept \
	-Wl,--wrap=seam_connect,--wrap=seam_setsockopt,--wrap=seam_shutdown,--wrap=seam_pipe \
	-Wl,--wrap=seam_allocate,--wrap=seam_recv,--wrap=seam_send,--wrap=seam_splice \
	-Wl,--wrap=seam_epoll_wait,--wrap=seam_getppid,--wrap=seam_pidfd_open

unit_tests += \
	tests/unit/test_address tests/unit/test_endpoint tests/unit/test_io \
	tests/unit/test_transport tests/unit/test_transport_faults \
	tests/unit/test_transport_tables tests/unit/test_transport_tcp tests/unit/test_transport_unix

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

socket_sources = tests/lib/testing.h \
	tests/lib/endpoints.c tests/lib/endpoints.h tests/lib/sockets.c tests/lib/sockets.h

tests_unit_test_transport_SOURCES = tests/unit/test_transport.c $(socket_sources)
tests_unit_test_transport_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_LDADD = $(transport_libs)

tests_unit_test_transport_faults_SOURCES = tests/unit/test_transport_faults.c \
	tests/lib/faults.c tests/lib/faults.h $(socket_sources)
tests_unit_test_transport_faults_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_faults_LDADD = $(transport_libs)
tests_unit_test_transport_faults_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP)

tests_unit_test_transport_tables_SOURCES = tests/unit/test_transport_tables.c $(socket_sources)
tests_unit_test_transport_tables_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_tables_LDADD = $(transport_libs)

tests_unit_test_transport_tcp_SOURCES = tests/unit/test_transport_tcp.c $(socket_sources)
tests_unit_test_transport_tcp_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_tcp_LDADD = $(transport_libs)
tests_unit_test_transport_tcp_LDFLAGS = $(AM_LDFLAGS) -fno-lto \
	-Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo

tests_unit_test_transport_unix_SOURCES = tests/unit/test_transport_unix.c $(socket_sources)
tests_unit_test_transport_unix_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_transport_unix_LDADD = $(transport_libs)
