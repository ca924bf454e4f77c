noinst_LIBRARIES += libtransport.a
libtransport_a_SOURCES = \
	src/transport/address.c src/transport/address.h \
	src/transport/address_family.h src/transport/address_value.h \
	src/transport/address_inet.c src/transport/address_inet.h \
	src/transport/address_unix.c src/transport/address_unix.h \
	src/transport/endpoint.c src/transport/endpoint.h \
	src/transport/endpoint_scheme.h src/transport/endpoint_value.h \
	src/transport/endpoint_inet.c src/transport/endpoint_inet.h \
	src/transport/endpoint_inherited.c src/transport/endpoint_inherited.h \
	src/transport/endpoint_unix.c src/transport/endpoint_unix.h \
	src/transport/io.c src/transport/io.h \
	src/transport/locks.c src/transport/locks.h \
	src/transport/sock_diag.c src/transport/sock_diag.h \
	src/transport/transport.c src/transport/transport.h \
	src/transport/transport_row.h src/transport/transport_value.h \
	src/transport/transport_tcp.c src/transport/transport_tcp.h \
	src/transport/transport_unix.c src/transport/transport_unix.h
