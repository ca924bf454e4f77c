system_tests += \
	tests/system/bench_counts.py \
	tests/system/bench_failures.py \
	tests/system/bench_lied_to.py \
	tests/system/bench_reports.py \
	tests/system/bench_stalls.py \
	tests/system/bench_usage.py
