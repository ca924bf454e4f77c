# The server's life: workers, limits, overload, drain, reload, statistics, log.
system_tests += tests/system/descriptors_run_out.py
