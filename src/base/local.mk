noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/clock.c src/base/clock.h \
	src/base/descriptors.c src/base/descriptors.h \
	src/base/errno_name.c src/base/errno_name.h \
	src/base/exit_status.c src/base/exit_status.h \
	src/base/fortify.h \
	src/base/hash.c src/base/hash.h \
	src/base/inherited.c src/base/inherited.h \
	src/base/loop.c src/base/loop.h \
	src/base/log.c src/base/log.h \
	src/base/log_limit.c src/base/log_limit.h \
	src/base/log_line.c src/base/log_line.h \
	src/base/log_ring.c src/base/log_ring.h \
	src/base/options.c src/base/options.h \
	src/base/owner.h \
	src/base/reason.c src/base/reason.h \
	src/base/seam.c src/base/seam.h \
	src/base/standard_output.c src/base/standard_output.h \
	src/base/text.c src/base/text.h \
	src/base/timer.c src/base/timer.h \
	src/base/wide.h
