# SPDX-License-Identifier: ISC
"""Messages on the command line: each comes back, and only what came back is printed."""

import os
import re
import unittest

import badpeers
import echotest

# What the course of the first lecture asks for: one shorter than 16 bytes, one longer.
SHORT = "Hey"
LONG = "Four score and seven years ago our fathers did stuff"


class Messages(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = self.enterContext(badpeers.serve("exact", self.path()))

    def run_client(self, *arguments, **options):
        return echotest.run(echotest.CLIENT, *arguments, **options)

    def test_echo(self):
        rows = (
            ((SHORT,), SHORT + "\n"),
            ((LONG,), LONG + "\n"),
            ((SHORT, LONG), SHORT + "\n" + LONG + "\n"),
            (("",), "\n"),
            (("", "a", ""), "\na\n\n"),
            (("-n", SHORT), SHORT),
            (("-n", SHORT, LONG), SHORT + LONG),
            ((SHORT, "-n"), SHORT),
            (("--", "-n"), "-n\n"),
            (("\x1b[2Jä\t",), "\x1b[2Jä\t\n"),
        )
        for arguments, output in rows:
            with self.subTest(arguments):
                self.assertEqual(self.run_client(self.peer.endpoint, *arguments), (0, output, ""))

    def test_every_size(self):
        for size in (1, 15, 16, 17, 1000, 4096, 65536, 131071):
            with self.subTest(size):
                message = "".join(chr(33 + i * 7 % 89) for i in range(size))
                result = self.run_client(self.peer.endpoint, message)
                self.assertEqual((result[0], len(result[1]), result[1] == message + "\n"),
                                 (0, size + 1, True))

    def test_tcp(self):
        with badpeers.serve("exact") as peer:
            self.assertEqual(self.run_client(peer.endpoint, SHORT, LONG),
                             (0, SHORT + "\n" + LONG + "\n", ""))

    def test_steps(self):
        """-v names each step and its system call, in order."""
        status, output, steps = self.run_client("-v", self.peer.endpoint, SHORT)
        self.assertEqual((status, output), (0, SHORT + "\n"))
        names = [line.split(":")[0] for line in steps.splitlines()]
        self.assertEqual(names, ["* resolve", "* socket", "* connect", "* send", "* receive",
                                 "* half-close", "* receive", "* close"])
        self.assertRegex(steps, r"socket\(AF_UNIX, SOCK_STREAM, 0\) = (\d+)\n")
        self.assertRegex(steps, r"send\(\d+, 3 bytes\) = 3\n")
        self.assertRegex(steps, r"recv\(\d+\) = 3 bytes\n")

    def test_steps_of_a_name(self):
        with badpeers.serve("exact") as peer:
            name = "localhost:" + peer.endpoint.rsplit(":", 1)[1]
            _, _, steps = self.run_client("-v", "-4", name, SHORT)
            self.assertRegex(steps, r"resolve: getaddrinfo\(localhost:\d+\)")
            self.assertIn("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)", steps)
            self.assertRegex(steps, r"connect\(\d+, %s\) = 0 after" % re.escape(peer.endpoint))

    def test_hex(self):
        status, _, dump = self.run_client("-x", self.peer.endpoint, "0123456789abcdefZ")
        self.assertEqual(status, 0)
        row = " 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
        self.assertIn(">" + row, dump)
        self.assertIn("<" + row, dump)
        self.assertRegex(dump, r"> 00000010  5a +\|Z\|\n")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for arguments in ((SHORT,), ("-j", SHORT), ("--verify", "--size", "10"), ("-h",), (),
                              ("--verify", "--size", "10", "-j"), ("--check",), ("--check", "-j"),
                              ("--check", "--warn", "x"), ("--ping", "-c", "1"), ("--resolve",),
                              ("--resolve", "-j"), ("--selftest",), ("--ping", "-c", "1", "-j")):
                with self.subTest(arguments), open(self.write("in", SHORT), "rb") as file:
                    process = echotest.subprocess.run(
                        [echotest.CLIENT, self.peer.endpoint, *arguments], stdin=file, stdout=full,
                        stderr=echotest.subprocess.PIPE, check=False)
                    self.assertEqual(process.returncode, 3 if "--check" in arguments else 2)
                    self.assertEqual(process.stderr.count(b"\n"), 1, process.stderr)
                    self.assertIn(b"OTHER: ", process.stderr)
                    self.assertIn(b"No space left", process.stderr)

    def test_closed_standard_descriptors(self):
        """A socket never gets a number that something else is printed to."""
        command = [echotest.CLIENT, self.peer.endpoint, SHORT]
        for closed in ((0,), (2,), (0, 2)):
            with self.subTest(closed):
                process = echotest.subprocess.run(
                    ["sh", "-c", "exec \"$@\" " + " ".join("%d>&-" % fd for fd in closed), "sh",
                     *command], stdout=echotest.subprocess.PIPE, check=False)
                self.assertEqual((process.returncode, process.stdout), (0, SHORT.encode() + b"\n"))

    def test_closed_output_and_input(self):
        """What cannot be printed or read is an error, as for cat."""
        for arguments, redirection, errors in (
                ((SHORT,), ">&-", "write standard output: Bad file descriptor"),
                (("-j", SHORT), ">&-", "write standard output: Bad file descriptor"),
                (("--ping", "-c", "1"), ">&-", "write standard output: Bad file descriptor"),
                (("-h",), ">&-", "write standard output: Bad file descriptor"),
                ((), "<&-", "read standard input: Bad file descriptor")):
            with self.subTest(arguments=arguments, redirection=redirection):
                status, _, text = echotest.run("sh", "-c", "exec \"$@\" " + redirection, "sh",
                                               echotest.CLIENT, self.peer.endpoint, *arguments)
                self.assertEqual(status, 2)
                self.assertIn(": OTHER: " + errors, text)

    def test_terminal(self):
        """On a terminal the peer's bytes are shown harmless."""
        master, slave = os.openpty()
        status = echotest.subprocess.call(
            [echotest.CLIENT, "-n", self.peer.endpoint, "a\x1b[31mb\\\n"], stdout=slave,
            env=dict(os.environ, LC_ALL="C"))
        os.close(slave)
        shown = os.read(master, 1000)
        os.close(master)
        self.assertEqual((status, shown), (0, b"a\\x1b[31mb\\\r\n"))


if __name__ == "__main__":
    unittest.main()
