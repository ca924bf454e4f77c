# Programs to compare with; not built or run by make check. "make bench-programs", then
# tests/bench/compare.
EXTRA_PROGRAMS = tests/bench/bare-client tests/bench/bare-loop tests/bench/copy-loop \
	tests/bench/flood tests/bench/splice-loop
tests_bench_bare_client_SOURCES = tests/bench/bare-client.c tests/bench/peer.h
tests_bench_bare_loop_SOURCES = tests/bench/bare-loop.c tests/bench/peer.h
tests_bench_copy_loop_SOURCES = tests/bench/copy-loop.c tests/bench/peer-loop.h tests/bench/peer.h
tests_bench_flood_SOURCES = tests/bench/flood.c tests/bench/peer.h
tests_bench_splice_loop_SOURCES = tests/bench/splice-loop.c tests/bench/peer-loop.h \
	tests/bench/peer.h
CLEANFILES += $(EXTRA_PROGRAMS)

.PHONY: bench-programs
bench-programs: $(bin_PROGRAMS) $(EXTRA_PROGRAMS)

EXTRA_DIST += tests/bench/FACTS.md tests/bench/compare tests/bench/plot tests/bench/servers.py \
	tests/bench/peers/echo-asyncio.py tests/bench/peers/echo-libuv.c \
	tests/bench/peers/echo-node.js tests/bench/peers/echo-tokio/Cargo.toml \
	tests/bench/peers/echo-tokio/main.rs tests/bench/peers/echo.go \
	tests/bench/results/bulk.svg tests/bench/results/cpu-per-message.svg \
	tests/bench/results/latency.svg tests/bench/results/result.json
