system_tests += tests/system/exact_echo.py
