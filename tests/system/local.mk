# Behaviours of the server, and what is true of the whole project.
system_tests += \
	tests/system/completions_installed.py \
	tests/system/exact_echo.py \
	tests/system/man_examples.py \
	tests/system/quickstart.py \
	tests/system/readme_transcript.py \
	tests/system/documented_settings.py \
	tests/system/settings_file.py \
	tests/system/small_stack.py
