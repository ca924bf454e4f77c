noinst_LIBRARIES += libbench.a
libbench_a_SOURCES = \
	src/bench/difference.c src/bench/difference.h \
	src/bench/environment.c src/bench/environment.h \
	src/bench/find_max.c src/bench/find_max.h \
	src/bench/flow.c src/bench/flow.h \
	src/bench/goal.c src/bench/goal.h \
	src/bench/goals.c src/bench/goals.h \
	src/bench/live.c src/bench/live.h \
	src/bench/load.c src/bench/load.h \
	src/bench/merge.c src/bench/merge.h \
	src/bench/outputs.c src/bench/outputs.h \
	src/bench/pacer.c src/bench/pacer.h \
	src/bench/plan.c src/bench/plan.h \
	src/bench/plan_check.c src/bench/plan_check.h \
	src/bench/record.c src/bench/record.h \
	src/bench/result.c src/bench/result.h \
	src/bench/ring.c src/bench/ring.h \
	src/bench/schedule.c src/bench/schedule.h \
	src/bench/session.c src/bench/session.h \
	src/bench/shard.c src/bench/shard.h \
	src/bench/stream.c src/bench/stream.h \
	src/bench/summary.c src/bench/summary.h \
	src/bench/tally.c src/bench/tally.h \
	src/bench/units.c src/bench/units.h \
	src/bench/whole_file.c src/bench/whole_file.h \
	src/bench/worker.c src/bench/worker.h \
	src/bench/workload.c src/bench/workload.h \
	src/bench/workload_bulk.c \
	src/bench/workload_messages.c

bin_PROGRAMS += echo-bench
echo_bench_SOURCES = src/echo-bench.c
echo_bench_LDADD = libbench.a $(measure_libraries)
