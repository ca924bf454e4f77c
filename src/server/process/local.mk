noinst_LIBRARIES += libprocess.a
libprocess_a_SOURCES = \
	src/server/process/announcement.c src/server/process/announcement.h \
	src/server/process/parent.c src/server/process/parent.h
