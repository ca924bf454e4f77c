system_tests += tests/system/exact_echo.py
system_tests += tests/system/settings_file.py
