noinst_LIBRARIES += libserver.a
libserver_a_SOURCES = \
	src/server/acceptor.c src/server/acceptor.h \
	src/server/admission.c src/server/admission.h \
	src/server/check.c src/server/check.h \
	src/server/connection.c src/server/connection.h \
	src/server/counters.c src/server/counters.h \
	src/server/crew.c src/server/crew.h \
	src/server/drain.c src/server/drain.h \
	src/server/info.c src/server/info.h \
	src/server/lifecycle.c src/server/lifecycle.h \
	src/server/listener.c src/server/listener.h \
	src/server/pipes.c src/server/pipes.h \
	src/server/relay.c src/server/relay.h \
	src/server/reload.c src/server/reload.h \
	src/server/roster.c src/server/roster.h \
	src/server/server.c src/server/server.h \
	src/server/service.h \
	src/server/services.c src/server/services.h \
	src/server/statistics.c src/server/statistics.h \
	src/server/stream.c src/server/stream.h \
	src/server/worker.c src/server/worker.h
libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)

bin_PROGRAMS += echo-server
echo_server_SOURCES = src/echo-server.c
echo_server_LDADD = libserver.a libsettings.a libprocess.a libecho.a libtransport.a libbase.a \
	$(LIBCONFIG_LIBS) $(JANSSON_LIBS)
