# SPDX-License-Identifier: ISC
"""The built programs as files: hardened, and without any hook for tests."""

import os
import re
import subprocess
import sys
import unittest

BUILD = os.environ.get("ECHO_BUILD", os.path.join(os.getcwd(), "build"))
PROGRAMS = os.environ.get("ECHO_PROGRAMS", "echo-server echo-client echo-bench").split()
PATHS = [os.path.join(BUILD, name) for name in PROGRAMS]
HARDENED = os.environ.get("ECHO_HARDENING", "yes") == "yes"
SANITIZED = os.environ.get("ECHO_SANITIZERS", "no") != "no"

# What tests bring along: linker wraps, fault scripts, the simulator, sabotage, cmocka.
HOOKS = re.compile(r"__wrap_|__real_|\bfault_|sabotage|\bsim_|cmocka|mock_", re.I)


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def hooks(symbols):
    return [line for line in symbols.splitlines() if HOOKS.search(line)]


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
            wanted = {"socket", "connect", "recv", "send", "epoll_wait"}
            self.assertEqual(wanted - set(symbols), set(), path)

    @unittest.skipUnless(HARDENED, "configured with --disable-hardening")
    def test_hardening(self):
        for path in PATHS:
            self.assertRegex(output("readelf", "-Wh", path), r"Type:\s+DYN")
            dynamic = output("readelf", "-Wd", path)
            self.assertRegex(dynamic, r"FLAGS_1.*NOW.*PIE")
            segments = output("readelf", "-Wl", path)
            self.assertIn("GNU_RELRO", segments)
            self.assertRegex(segments, r"GNU_STACK .* RW  ")
            self.assertNotRegex(segments, r"LOAD .* RWE ")
            symbols = output("nm", path)
            self.assertIn("__stack_chk_fail", symbols)
            if not SANITIZED:
                self.assertRegex(symbols, r"__\w+_chk@")


if __name__ == "__main__":
    sys.exit(unittest.main())
