noinst_LIBRARIES += libbench.a
libbench_a_SOURCES = \
	src/bench/difference.c src/bench/difference.h \
	src/bench/environment.c src/bench/environment.h \
	src/bench/find_max.c src/bench/find_max.h \
	src/bench/live.c src/bench/live.h \
	src/bench/load.c src/bench/load.h \
	src/bench/merge.c src/bench/merge.h \
	src/bench/outputs.c src/bench/outputs.h \
	src/bench/record.c src/bench/record.h \
	src/bench/session.c src/bench/session.h \
	src/bench/summary.c src/bench/summary.h \
	src/bench/whole_file.c src/bench/whole_file.h

bin_PROGRAMS += echo-bench
echo_bench_SOURCES = src/echo-bench.c
echo_bench_LDADD = libbench.a libengine.a $(measure_libraries)
