# SPDX-License-Identifier: ISC
"""The built programs as files: hardened, and without any hook for tests."""

import os
import re
import shlex
import subprocess
import sys
import unittest

BUILD = os.environ.get("ECHO_BUILD", os.path.join(os.getcwd(), "build"))
PROGRAMS = os.environ.get("ECHO_PROGRAMS", "echo-server echo-client echo-bench").split()
PATHS = [os.path.join(BUILD, name) for name in PROGRAMS]
HARDENED = os.environ.get("ECHO_HARDENING", "yes") == "yes"
SANITIZED = os.environ.get("ECHO_SANITIZERS", "no") != "no"
CC = os.environ.get("CC", "cc")
# The user's own: compiler, CPPFLAGS, CFLAGS and LDFLAGS.
FLAGS = os.environ.get("ECHO_FLAGS", CC + " -O2").split()

# What tests bring along: linker wraps, fault scripts, the simulator, sabotage, cmocka.
HOOKS = re.compile(r"__wrap_|__real_|\bfault_|sabotage|\bsim_|cmocka|mock_", re.I)


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def hooks(symbols):
    return [line for line in symbols.splitlines() if HOOKS.search(line)]


def last(flags, pattern, default=""):
    """The last of the flags that the pattern matches: it wins."""
    return next((flag for flag in reversed(flags) if re.search(pattern, flag)), default)


def asks_for(flags, word):
    return any(word in flag for flag in flags)


def is_pie(flags):
    return "-static" not in flags and "no" not in last(flags, "^-f?(no-)?(pie|PIE)$")


def is_stack_protected(flags):
    return last(flags, "^-f(no-)?stack-protector") != "-fno-stack-protector"


def is_fortified(flags):
    """Needs optimisation, and no word of the user against it."""
    return (last(flags, "^-O") not in ("", "-O0") and
            not re.search("-U_FORTIFY_SOURCE|_FORTIFY_SOURCE=0", last(flags, "_FORTIFY_SOURCE")))


def has_glibc():
    """Other C libraries have no FORTIFY_SOURCE."""
    return "__GLIBC__" in output(*shlex.split(CC), "-E", "-dM", "-include", "features.h",
                                 "-x", "c", os.devnull)


def checked_calls(path, dynamic):
    """Symbols of stack protector and FORTIFY_SOURCE that our code asks for. A static program has
    them for the C library's own sake, so there the archives are asked."""
    if dynamic:
        return output("nm", path)
    return "".join(output("nm", os.path.join(BUILD, name)) for name in sorted(os.listdir(BUILD))
                   if name.endswith(".a"))


class Programs(unittest.TestCase):
    def test_hooks_are_recognised(self):
        self.assertEqual(len(hooks("0 T __wrap_seam_recv\n0 T seam_recv\n0 D fault_script\n")), 2)

    def test_no_hooks(self):
        self.assertTrue(PATHS)
        for path in PATHS:
            symbols = output("nm", path)
            self.assertIn(" T main\n", symbols)
            self.assertEqual(hooks(symbols), [], path)

    def test_system_calls_go_through_the_library(self):
        """So that sanitizers see the bytes, and preloaded socket libraries the sockets."""
        for path in PATHS:
            symbols = re.findall(r"^ *[0-9a-f]* [A-Za-z] (\w+)", output("nm", path), re.M)
            wanted = {"socket", "connect", "recv", "send"}
            if os.path.basename(path) != "echo-client":  # which has no loop, and -flto sees that
                wanted.add("epoll_wait")
            self.assertEqual(wanted - set(symbols), set(), path)

    def test_flags_that_win(self):
        for rule, flags, holds in (
                (is_pie, "gcc -O2", True), (is_pie, "gcc -O2 -fno-PIE -no-pie", False),
                (is_pie, "gcc -no-pie -pie", True), (is_pie, "gcc -static-pie", True),
                (is_pie, "gcc -static", False),
                (is_stack_protected, "gcc -fno-stack-protector", False),
                (is_stack_protected, "gcc -fstack-protector-all", True),
                (is_fortified, "gcc -g", False), (is_fortified, "gcc -O2 -O0", False),
                (is_fortified, "gcc -O0 -Os", True),
                (is_fortified, "gcc -O2 -D_FORTIFY_SOURCE=3", True),
                (is_fortified, "gcc -O2 -Wp,-U_FORTIFY_SOURCE -Wp,-D_FORTIFY_SOURCE=3", True),
                (is_fortified, "gcc -O2 -D_FORTIFY_SOURCE=0", False),
                (is_fortified, "gcc -O2 -U_FORTIFY_SOURCE", False)):
            with self.subTest(flags):
                self.assertEqual(rule(flags.split()), holds)

    def test_hardening(self):
        """All of it, unless the user's flags say otherwise; then what they say."""
        if not HARDENED:
            print("\nleft out: test_hardening: configured with --disable-hardening", file=sys.stderr)
            self.skipTest("no hardening")
        fortified = is_fortified(FLAGS) and not SANITIZED and has_glibc()
        for path in PATHS:
            segments = output("readelf", "-Wl", path)
            self.assertEqual("GNU_RELRO" in segments, not asks_for(FLAGS, "norelro"), path)
            self.assertRegex(segments, r"GNU_STACK .* RW  ")
            self.assertNotRegex(segments, r"LOAD .* RWE ")
            is_dynamic = " INTERP " in segments
            self.assertEqual(is_dynamic, not {"-static", "-static-pie"} & set(FLAGS), path)
            kind = "DYN" if is_pie(FLAGS) else "EXEC"
            self.assertRegex(output("readelf", "-Wh", path), r"Type:\s+" + kind)
            if (is_dynamic or is_pie(FLAGS)) and not asks_for(FLAGS, "-z,lazy"):
                self.assertRegex(output("readelf", "-Wd", path),
                                 r"FLAGS_1.*NOW" + (".*PIE" if is_pie(FLAGS) else ""))
            symbols = checked_calls(path, is_dynamic)
            if is_stack_protected(FLAGS):
                self.assertIn("__stack_chk_fail", symbols)
            if not SANITIZED:
                self.assertEqual(bool(re.search(r" U __\w+_chk\b", symbols)), fortified, path)


if __name__ == "__main__":
    sys.exit(unittest.main())
