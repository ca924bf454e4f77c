# The server's life: workers, limits, overload, drain, reload, statistics, log.
system_tests += tests/system/descriptors_run_out.py
system_tests += \
	tests/system/drain.py \
	tests/system/drain_under_load.py \
	tests/system/limits_connections.py \
	tests/system/limits_time.py \
	tests/system/limits_who.py
EXTRA_DIST += tests/lib/holder.py tests/lib/load.py
system_tests += \
	tests/system/reload_refused.py \
	tests/system/reload_settings.py \
	tests/system/reload_under_load.py \
	tests/system/restart_held.py
system_tests += \
	tests/system/busy_poll.py \
	tests/system/fairness.py \
	tests/system/greedy_clients.py \
	tests/system/idle_connections.py \
	tests/system/log_blocked.py \
	tests/system/log_flood.py \
	tests/system/log_lines.py \
	tests/system/memory_runs_out.py \
	tests/system/signals_at_random.py \
	tests/system/statistics.py
