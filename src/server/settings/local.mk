noinst_LIBRARIES += libsettings.a
libsettings_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
libsettings_a_SOURCES = \
	src/server/settings/child.c src/server/settings/child.h \
	src/server/settings/dump.c src/server/settings/dump.h \
	src/server/settings/file.c src/server/settings/file.h \
	src/server/settings/names.c src/server/settings/names.h \
	src/server/settings/read.c src/server/settings/read.h \
	src/server/settings/scan.c src/server/settings/scan.h \
	src/server/settings/schema.c src/server/settings/schema.h \
	src/server/settings/settings.c src/server/settings/settings.h \
	src/server/settings/trial.c src/server/settings/trial.h
