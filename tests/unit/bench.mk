unit_tests += \
	tests/unit/test_difference tests/unit/test_goal tests/unit/test_pacer tests/unit/test_plan \
	tests/unit/test_plan_check tests/unit/test_ring tests/unit/test_whole_file \
	tests/unit/test_workload

tests_unit_test_difference_SOURCES = tests/unit/test_difference.c tests/lib/testing.h
tests_unit_test_difference_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_difference_LDADD = libbench.a $(CMOCKA_LIBS) -lm

tests_unit_test_goal_SOURCES = tests/unit/test_goal.c tests/lib/testing.h
tests_unit_test_goal_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_goal_LDADD = libengine.a $(measure_libraries) $(CMOCKA_LIBS)

tests_unit_test_pacer_SOURCES = tests/unit/test_pacer.c tests/lib/testing.h
tests_unit_test_pacer_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_pacer_LDADD = libengine.a $(CMOCKA_LIBS) -lm

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c tests/lib/testing.h
tests_unit_test_plan_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_plan_LDADD = libengine.a $(measure_libraries) $(CMOCKA_LIBS)

tests_unit_test_plan_check_SOURCES = tests/unit/test_plan_check.c tests/lib/testing.h
tests_unit_test_plan_check_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_plan_check_LDADD = libengine.a $(measure_libraries) $(CMOCKA_LIBS)

tests_unit_test_ring_SOURCES = tests/unit/test_ring.c tests/lib/testing.h
tests_unit_test_ring_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_ring_LDADD = libengine.a $(measure_libraries) $(CMOCKA_LIBS)

tests_unit_test_whole_file_SOURCES = tests/unit/test_whole_file.c tests/lib/testing.h
tests_unit_test_whole_file_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_whole_file_LDFLAGS = \
	$(AM_LDFLAGS) -fno-lto -Wl,--wrap=fchmod -Wl,--wrap=fsync -Wl,--wrap=rename
tests_unit_test_whole_file_LDADD = libbench.a $(measure_libraries) $(CMOCKA_LIBS)

tests_unit_test_workload_SOURCES = tests/unit/test_workload.c tests/lib/testing.h
tests_unit_test_workload_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_test_workload_LDADD = libengine.a $(measure_libraries) $(CMOCKA_LIBS)
