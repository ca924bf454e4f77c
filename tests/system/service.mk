# The service itself: exact bytes whatever happens, and starting.
system_tests += \
	tests/system/announcement.py \
	tests/system/client_resets.py \
	tests/system/command_line.py \
	tests/system/descriptor_reuse.py \
	tests/system/environment.py \
	tests/system/exit_with_parent.py \
	tests/system/faulty_calls.py \
	tests/system/foreign_clients.py \
	tests/system/frozen_server.py \
	tests/system/inherited_sockets.py \
	tests/system/info.py \
	tests/system/mptcp.py \
	tests/system/signals_promptly.py \
	tests/system/slow_reader.py \
	tests/system/socket_path.py \
	tests/system/start_failures.py \
	tests/system/told_life.py \
	tests/system/two_starters.py \
	tests/system/urgent_data.py

# The server with system calls that fail as ECHO_FAULTS says (tests/lib/faults.h), and with a name
# service that can be silent (tests/lib/lookups.c).
if TESTS_ENABLED
check_PROGRAMS += tests/system/echo-server-faulty
endif
tests_system_echo_server_faulty_SOURCES = src/echo-server.c \
	tests/lib/faults.c tests/lib/faults.h tests/lib/lookups.c
tests_system_echo_server_faulty_CPPFLAGS = $(TEST_CPPFLAGS)
tests_system_echo_server_faulty_LDADD = $(echo_server_LDADD)
tests_system_echo_server_faulty_LDFLAGS = $(AM_LDFLAGS) $(FAULTS_WRAP) \
	-Wl,--wrap=getaddrinfo,--wrap=getpwnam
