noinst_LIBRARIES += libmeasure.a
libmeasure_a_SOURCES = \
	src/measure/compare.c src/measure/compare.h \
	src/measure/document.c src/measure/document.h \
	src/measure/histogram.c src/measure/histogram.h \
	src/measure/pattern.c src/measure/pattern.h \
	src/measure/progress.c src/measure/progress.h \
	src/measure/report.c src/measure/report.h \
	src/measure/terminal.c src/measure/terminal.h \
	src/measure/verdict.c src/measure/verdict.h
libmeasure_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)

# What a program that measures links, after its own library.
measure_libraries = libmeasure.a libtransport.a libbase.a $(JANSSON_LIBS) -lm
