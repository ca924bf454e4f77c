noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/clock.c src/base/clock.h \
	src/base/reason.c src/base/reason.h \
	src/base/seam.c src/base/seam.h \
	src/base/text.c src/base/text.h
