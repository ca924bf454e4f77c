bin_PROGRAMS += echo-client
noinst_LIBRARIES += libclient.a
libclient_a_SOURCES = \
	src/client/check.c src/client/check.h \
	src/client/connect.c src/client/connect.h \
	src/client/copy.c src/client/copy.h \
	src/client/exchange.c src/client/exchange.h \
	src/client/flight.c src/client/flight.h \
	src/client/generator.c src/client/generator.h \
	src/client/interrupt.c src/client/interrupt.h \
	src/client/hello.c src/client/hello.h \
	src/client/lookup.c src/client/lookup.h \
	src/client/message.c src/client/message.h \
	src/client/output.c src/client/output.h \
	src/client/ping.c src/client/ping.h \
	src/client/ping_report.c src/client/ping_report.h \
	src/client/request.c src/client/request.h \
	src/client/resolve.c src/client/resolve.h \
	src/client/selftest.c src/client/selftest.h \
	src/client/selftest_cases.c \
	src/client/services.c src/client/services.h \
	src/client/trace.c src/client/trace.h \
	src/client/verify.c src/client/verify.h

echo_client_SOURCES = src/echo-client.c
echo_client_LDADD = libclient.a $(measure_libraries)
