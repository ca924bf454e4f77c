# SPDX-License-Identifier: ISC
"""How echo-bench is called: one clear line and exit 2 for everything that is wrong."""

import resource
import unittest

import echotest
import usage

ENDPOINT = "unix:/nonexistent/echo.sock"

NUMBERS = ("", "x", "-1", "+1", "1x", "0x1", "1e3", " 1", "01", "1.5", "99999999999999999999")
SIZES = ("", "x", "-1", "0", "1.5", "1 KiB", "17MiB", "64:", ":64", "64:32", "1:2:3")
DURATIONS = ("", "x", "-1", "+1", "1x", "1 s", "1e3", ".", "0,2", "1.s", "99999999999d", "400d")
GOALS = ("", "p99", "p99<", "p99<1", "p100<1ms", "speed>1", "errors=x", "rate>5,")

# Every option with an argument, and what it refuses.
BAD_VALUES = {
    "--connections": (*NUMBERS, "0"),
    "--threads": (*NUMBERS, "257"),
    "--duration": (*DURATIONS, "0"),
    "--messages": (*NUMBERS, "0"),
    "--size": SIZES,
    "--in-flight": (*NUMBERS, "0", "65537"),
    "--rate": (*NUMBERS, "0", "10K", "1.5k", "0k", "99999999M"),
    "--arrival": ("", "normal", "Poisson"),
    "--churn": (*NUMBERS, "0"),
    "--idle": NUMBERS,
    "--warmup": DURATIONS,
    "--verify": ("", "half"),
    "--timeout": (*DURATIONS, "0"),
    "--seed": (*NUMBERS, "9223372036854775808"),
    "--find-max": (*GOALS, "p99<1ms,errors=0"),
    "--interleave": (*NUMBERS, "0"),
    "--require": GOALS,
    "--cpu": ("", "x", "1-", "-1", "3-2", "0,", "1024"),
    "--source": ("", "localhost:7", "127.0.0.1:7", "256.0.0.1.example.invalid", "127.0.0.1,"),
    "--output": ("/nonexistent/file", ""),
    "--hdr": ("/nonexistent/file", ""),
    "--interval": (*DURATIONS, "0", "1ms"),
}

# Command lines, and a piece of the sentence.
REFUSED = (
    ((), "no endpoint"),
    (("",), ""),
    (("7777",), "localhost:7777"),
    (("udp:localhost:7",), "not supported in this version"),
    (("localhost:0",), "port 0"),
    (("unix:/" + "x" * 200,), ""),
    ((ENDPOINT, "--nonsense"), "unknown option --nonsense"),
    ((ENDPOINT, "--find-mx", "p99<1s"), "did you mean --find-max?"),
    ((ENDPOINT, "-Z"), "unknown option -Z"),
    ((ENDPOINT, "--bulk=1"), "takes no argument"),
    ((ENDPOINT, "-c"), "needs an argument"),
    ((ENDPOINT, "--bulk", "-R", "5"), "-R"),
    ((ENDPOINT, "-d", "1", "-n", "1"), "-d and -n"),
    ((ENDPOINT, "--interleave", "2"), "two or more"),
    ((ENDPOINT, "-4"), "TCP endpoints"),
    (("localhost:7", "-4", "-6"), "mutually exclusive"),
    (("--merge",), "--merge needs"),
    (("--merge", "-c", "5", "/dev/null"), "--connections does not apply to --merge"),
    ((ENDPOINT, "--bulk", "-s", "5"), "only with -n"),
    ((ENDPOINT, "--source", "127.0.0.1"), "TCP only"),
    (("systemd:",), ""),
)


class Usage(usage.Checks, echotest.TestCase):
    program = echotest.BENCH
    words = "[A-Z]+"
    bad_values = BAD_VALUES
    bad_lines = REFUSED

    def test_bad_values(self):
        for option, values in BAD_VALUES.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    self.refused(ENDPOINT, "%s=%s" % (option, value))

    def test_too_many_connections(self):
        """More than there are descriptors: told before anything is opened."""
        endpoint = self.server("unix:" + self.path()).endpoint
        status, _, errors = echotest.run(
            echotest.BENCH, "-c", "200", endpoint,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
        self.assertEqual(status, 2)
        self.assertRegex(errors, "NOFILE: 200 connections need .* limit is 100")

    def test_good_values(self):
        """What people write: the run fails only because there is no server."""
        for arguments in (("-R", "10k"), ("-R", "2M"), ("-d", ".2"), ("-s", "1K"), ("-s", "1K:1M")):
            with self.subTest(arguments):
                status, _, errors = echotest.run(self.program, *arguments, ENDPOINT)
                self.assertEqual(status, 3, errors)


if __name__ == "__main__":
    unittest.main()
