system_tests += \
	tests/system/client_bad_peers.py \
	tests/system/client_check.py \
	tests/system/client_connecting.py \
	tests/system/client_json.py \
	tests/system/client_lookups.py \
	tests/system/client_messages.py \
	tests/system/client_names.py \
	tests/system/client_pings.py \
	tests/system/client_selftest.py \
	tests/system/client_streams.py \
	tests/system/client_usage.py \
	tests/system/documented_options.py
EXTRA_DIST += tests/lib/badpeers.py tests/lib/usage.py tests/bench/real-peers
