# SPDX-License-Identifier: ISC
"""Bad usage of the client: one clear line and exit 2 for every option and every combination."""

import json
import unittest

import echotest
import usage

ENDPOINT = "unix:/nonexistent/echo.sock"

NUMBERS = ("", "x", "-1", "+1", "1x", "0x1", "1e3", " 1", "01")
SIZES = (*NUMBERS, "1.5", "1 KiB", "1kib", "99999999TiB")
DURATIONS = ("", "x", "-1", "+1", "1x", "1 s", "1e3", ".", "0,2", "1.s", "99999999999d", "400d")

# Every option with an argument, the mode it belongs to, and what it refuses.
BAD_VALUES = {
    "--size": ("--verify", SIZES),
    "--seed": ("--verify", (*NUMBERS, "18446744073709551616")),
    "--count": ("--ping", (*NUMBERS, "0")),
    "--packet-size": ("--ping", (*SIZES, "0", "17MiB")),
    "--interval": ("--ping", DURATIONS),
    "--deadline": ("--ping", (*DURATIONS, "0")),
    "--reply-timeout": ("--ping", (*DURATIONS, "0")),
    "--warn": ("--verify", (*DURATIONS, "0")),
    "--crit": ("--verify", (*DURATIONS, "0")),
    "--silence": ("--selftest", DURATIONS),
    "--connect-timeout": (None, DURATIONS),
    "--timeout": (None, DURATIONS),
    "--wait": (None, DURATIONS),
}

# Command lines, and a piece of the sentence.
REFUSED = (
    ((), "no endpoint"),
    (("--ping",), "no endpoint"),
    (("",), ""),
    (("7777",), "localhost:7777"),
    (("udp:localhost:7",), "not supported in this version"),
    (("localhost:0", "x"), "port 0"),
    (("unix:/" + "x" * 200, "x"), ""),
    ((ENDPOINT, "--nonsense"), "unknown option --nonsense"),
    ((ENDPOINT, "--pin-g"), "did you mean --ping?"),
    ((ENDPOINT, "-Z"), "unknown option -Z"),
    ((ENDPOINT, "--ping=1"), "takes no argument"),
    ((ENDPOINT, "--size"), "needs an argument"),
    ((ENDPOINT, "-c"), "needs an argument"),
    ((ENDPOINT, "-c", "3", "hello"), "--ping -c"),
    ((ENDPOINT, "-i", "3"), "--ping -i"),
    ((ENDPOINT, "-w", "3"), "--timeout or --wait"),
    ((ENDPOINT, "-W", "3", "--verify"), "--timeout"),
    ((ENDPOINT, "-s", "3", "--verify"), "--verify --size"),
    ((ENDPOINT, "-D"), "--ping -D"),
    ((ENDPOINT, "-O"), "--ping -O"),
    ((ENDPOINT, "-q", "hello"), "--ping and --selftest"),
    ((ENDPOINT, "-n"), "MESSAGE"),
    ((ENDPOINT, "-n", "--ping"), "MESSAGE"),
    ((ENDPOINT, "--size", "3"), "--verify"),
    ((ENDPOINT, "--size", "3", "--ping"), "-s"),
    ((ENDPOINT, "--seed", "3"), "--verify"),
    ((ENDPOINT, "--warn", "3"), "--check"),
    ((ENDPOINT, "--crit", "3"), "--check"),
    ((ENDPOINT, "--silence", "3"), "--selftest"),
    ((ENDPOINT, "--reconnect"), "--ping"),
    ((ENDPOINT, "--busy-poll"), "--ping and --check"),
    ((ENDPOINT, "--no-verify", "--verify"), "nothing to do"),
    ((ENDPOINT, "--timeout", "1", "--ping"), "-W"),
    ((ENDPOINT, "--verify", "hello"), "--verify takes no MESSAGE"),
    ((ENDPOINT, "--ping", "--", "hello"), "--ping takes no MESSAGE"),
    ((ENDPOINT, "--ping", "--verify"), "two modes"),
    ((ENDPOINT, "-4", "hello"), "TCP endpoints"),
    (("localhost:7", "-4", "-6"), "exclude each other"),
    (("tcp6:localhost:7", "-4"), "contradicts"),
    ((ENDPOINT, "--ping", "-w", "0"), "USAGE: -w: 0 is too short: write a time longer than 0\n"),
    (("--services", "70000"), "USAGE: 70000: a port is a plain decimal number from 0 to 65535\n"),
    (("--services", "7-+9"), "USAGE: 7-+9: a port is a plain decimal number from 0 to 65535\n"),
    (("tcp4:localhost:7", "-6"), "contradicts"),
)


class Usage(usage.Checks, echotest.TestCase):
    program = echotest.CLIENT
    bad_values = BAD_VALUES
    bad_lines = REFUSED

    def test_bad_values(self):
        for option, (mode, values) in BAD_VALUES.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    modes = [mode] if mode else []
                    errors = self.refused(ENDPOINT, *modes, "%s=%s" % (option, value))
                    self.assertRegex(errors, "USAGE: (-[a-zA-Z]|--[a-z-]+): ")

    def test_good_values(self):
        """What people write: the run fails only because there is no server."""
        for arguments in (("--ping", "-i", ".2"), ("--ping", "-s", "1K"), ("--verify", "--size", "1G"),
                          ("--timeout", ".5s")):
            with self.subTest(arguments):
                status, _, errors = echotest.run(self.program, *arguments, ENDPOINT)
                self.assertEqual(status, 3, errors)

    def test_json(self):
        """The error is an object too."""
        for arguments, name in (((ENDPOINT, "--warn", "zz"), ""), (("--nonsense",), ""), ((), ""),
                                (("localhost:0", "x"), "localhost:0"),
                                (("--services", "9-7"), "")):
            for line in (("-j", *arguments), (*arguments, "-j")):
                with self.subTest(line):
                    status, output, errors = echotest.run(echotest.CLIENT, *line)
                    self.assertEqual(status, 2)
                    result = json.loads(output)
                    self.assertEqual((result["type"], result["endpoint"], result["error"]["word"]),
                                     ("error", name, "USAGE"))
                    self.assertEqual(errors, "echo-client: %s%sUSAGE: %s\n" % (
                        name, ": " if name else "", result["error"]["text"]))


if __name__ == "__main__":
    unittest.main()
