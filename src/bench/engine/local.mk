noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	src/bench/engine/flow.c src/bench/engine/flow.h \
	src/bench/engine/goal.c src/bench/engine/goal.h \
	src/bench/engine/goals.c src/bench/engine/goals.h \
	src/bench/engine/pacer.c src/bench/engine/pacer.h \
	src/bench/engine/plan.c src/bench/engine/plan.h \
	src/bench/engine/plan_check.c src/bench/engine/plan_check.h \
	src/bench/engine/result.c src/bench/engine/result.h \
	src/bench/engine/ring.c src/bench/engine/ring.h \
	src/bench/engine/schedule.c src/bench/engine/schedule.h \
	src/bench/engine/shard.c src/bench/engine/shard.h \
	src/bench/engine/stream.c src/bench/engine/stream.h \
	src/bench/engine/tally.c src/bench/engine/tally.h \
	src/bench/engine/units.c src/bench/engine/units.h \
	src/bench/engine/worker.c src/bench/engine/worker.h \
	src/bench/engine/workload.c src/bench/engine/workload.h \
	src/bench/engine/workload_bulk.c \
	src/bench/engine/workload_messages.c
