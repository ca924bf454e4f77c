# SPDX-License-Identifier: ISC
"""What make check runs each test program with (automake's "custom test driver").

Beyond automake's own driver: a program has a time limit; whatever it started is ended with it; it
has a directory for its files (TMPDIR), removed afterwards; and each line "left out: CASE: WHY" of
its log counts as a skipped case of its own.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import directory

# Seconds; the slowest program takes 100 with ThreadSanitizer.
LIMIT = float(os.environ.get("ECHO_TEST_LIMIT", "600"))
GRACE = 5  # seconds to say where it was
LEFT_OUT = b"left out: "
PR_SET_CHILD_SUBREAPER = 36
COLORS = {"PASS": "0;32", "SKIP": "1;34", "FAIL": "0;31", "ERROR": "0;35"}
RESULTS = {0: "PASS", 77: "SKIP", 99: "ERROR"}


def children():
    """Of this process, which inherits those whose parent has ended."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8", errors="replace") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid():
            found.append(int(name))
    return found


def end_children():
    """All that is left of a test, however it detached itself."""
    while True:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def run(command, log):
    """The exit status of the command; None if it took too long."""
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # Python tells where it is (faulthandler)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    return None


def judge(command, log):
    """Runs the command to its end, and whatever it started; the word for the result."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    place = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="echo.", dir=directory.short())
    os.chmod(place, 0o755)  # some tests have a process of another user
    try:
        status = run(command, log)
    finally:
        end_children()
        shutil.rmtree(place, ignore_errors=True)
    if status is None:
        log.write(b"the time limit of a test program is %g s: it was killed\n" % LIMIT)
    return RESULTS.get(status, "FAIL")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--test-name")
    parser.add_argument("--log-file", type=argparse.FileType("w+b", 0))
    parser.add_argument("--trs-file", type=argparse.FileType("w"))
    parser.add_argument("--color-tests")
    parser.add_argument("--expect-failure")  # no test here is expected to fail
    parser.add_argument("--enable-hard-errors")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    # What a handler is set for, or nothing, is not ignored by the test: a shell's background job
    # ignores INT and QUIT.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    result = judge(given.command, given.log_file)
    given.log_file.seek(0)
    left_out = [line[len(LEFT_OUT):].decode(errors="replace").strip()
                for line in given.log_file if line.startswith(LEFT_OUT)]
    results = [(result, given.test_name)]
    results += [("SKIP", "%s: %s" % (given.test_name, case)) for case in left_out]
    for word, name in results:
        print(":test-result: %s %s" % (word, name), file=given.trs_file)
        color = "\033[%sm%s\033[m" if given.color_tests == "yes" else "%.0s%s"
        print(color % (COLORS[word], word) + ": " + name)
    given.trs_file.write(":global-test-result: %s\n:recheck: %s\n:copy-in-global-log: %s\n" % (
        result, "no" if result in ("PASS", "SKIP") else "yes",
        "no" if results == [("PASS", given.test_name)] else "yes"))


if __name__ == "__main__":
    main()
