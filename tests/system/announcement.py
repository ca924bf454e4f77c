# SPDX-License-Identifier: ISC
"""Standard output and --ready-fd: a line for each address, then "ready", and nothing else."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
import unittest

import echotest


class Announcement(echotest.TestCase):
    def launch(self, *arguments, stdout, pass_fds=()):
        """A server without a --ready-fd of ours; ended with the test."""
        log = open(self.path("log"), "w+b")
        process = subprocess.Popen([echotest.SERVER, *echotest.END_WITH_US, *arguments],
                                   stdin=subprocess.DEVNULL, stdout=stdout, stderr=log,
                                   pass_fds=pass_fds)
        self.addCleanup(log.close)
        self.addCleanup(process.wait, echotest.PATIENCE)
        self.addCleanup(process.terminate)
        return process

    def read_ready(self, fd):
        """What is said up to and with the line "ready"."""
        text = b""
        while not text.endswith(b"ready\n"):
            if not select.select([fd], [], [], echotest.PATIENCE)[0]:
                raise AssertionError(text)
            piece = os.read(fd, 4096)
            self.assertTrue(piece, text)
            text += piece
        return text.decode()

    def expect_echo(self, endpoint):
        self.assertEqual(echotest.exchange(endpoint, b"heard"), b"heard")

    def log(self):
        with open(self.path("log"), encoding="ascii") as file:
            return file.read()

    def test_lines(self):
        """One line for each address, with its real port, whatever the number of workers."""
        names = ("unix:" + self.path(), "unix:@" + self.path("abstract"), "localhost:0",
                 "127.0.0.1:0")
        addresses = len({row[4][0] for row in
                         socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)})
        for workers in (1, 2, 4):
            process = self.launch("-w", str(workers), *names, stdout=subprocess.PIPE)
            with process.stdout as output:
                lines = self.read_ready(output.fileno()).splitlines()
                self.assertEqual(len(lines), 3 + addresses + 1, lines)
                self.assertEqual(lines[:2], ["listening " + name for name in names[:2]])
                ports = {re.fullmatch(r"listening (?:127\.0\.0\.1|\[::1\]):([1-9]\d*)", line)[1]
                         for line in lines[2:-2]}
                self.assertEqual(len(ports), 1, lines)  # both families share it
                for line in lines[:-1]:
                    self.expect_echo(line.split()[1])
                process.terminate()
                self.assertEqual(output.read(), b"")
            self.assertEqual(process.wait(echotest.PATIENCE), 0)

    def test_ready_fd(self):
        """Gets the same text and is closed after it; standard output gets it too."""
        reader, writer = os.pipe()
        names = self.endpoints("127.0.0.1:0", "[::1]:0")
        process = self.launch("--ready-fd", str(writer), *names,
                              stdout=subprocess.PIPE, pass_fds=[writer])
        os.close(writer)
        text = echotest.read_to_end(reader).decode()
        os.close(reader)
        self.assertEqual(text.count("\n"), len(names) + 1, text)
        with process.stdout as output:
            self.assertEqual(self.read_ready(output.fileno()), text)

    def test_ready_fd_is_standard_output(self):
        process = self.launch("--ready-fd", "1", "127.0.0.1:0", stdout=subprocess.PIPE)
        with process.stdout as output:
            text = self.read_ready(output.fileno())
            process.terminate()
            self.assertEqual(output.read(), b"")
        self.assertEqual(text.count("listening"), 1, text)

    def test_output_lost(self):
        """Nobody can read it: said in the log, and the service goes on."""
        reader, broken = os.pipe()
        os.close(reader)
        full = os.open("/dev/full", os.O_WRONLY)
        for fd, why in ((broken, "Broken pipe"), (full, "No space left on device")):
            reader, writer = os.pipe()
            self.launch("--ready-fd", str(writer), "127.0.0.1:0", stdout=fd, pass_fds=[writer])
            os.close(writer)
            self.expect_echo(self.read_ready(reader).split()[1])
            os.close(reader)
            echotest.wait_for(lambda why=why: why in self.log(), self.log)
            process = self.launch("--ready-fd", str(fd), "127.0.0.1:0", stdout=subprocess.PIPE,
                                  pass_fds=[fd])
            with process.stdout as output:
                self.expect_echo(self.read_ready(output.fileno()).split()[1])
            echotest.wait_for(lambda why=why: "ready-lost" in self.log() and why in self.log(),
                              self.log)
            os.close(fd)

    def test_odd_paths(self):
        """Whatever the bytes of a path are: every program takes what is printed, and the hint can
        be pasted into a shell."""
        directory = self.directory.encode()
        for name in (b"plain", "\u00e9".encode(), b"\xff\xfe", b"a b", b"back\\slash\\x41",
                     b'q"uo\'te', b"50%", b"a%20b", b"x?y#z", b"$HOME `id`; *", "\u00e9 \\ ".encode()):
            path = os.path.join(directory, name)
            ours, theirs = pty.openpty()
            process = self.launch(b"unix:" + path, stdout=theirs)
            os.close(theirs)
            text = b""
            while b"hello" not in text:
                self.assertTrue(select.select([ours], [], [], echotest.PATIENCE)[0], text)
                text += os.read(ours, 4096)
            lines = text.decode("ascii").splitlines()
            self.assertTrue(os.path.exists(path), lines)
            endpoint, hint = lines[0].removeprefix("listening "), lines[-1].removeprefix("try: ")
            self.assertEqual(echotest.run(echotest.CLIENT, endpoint, "hello"), (0, "hello\n", ""))
            self.expect_echo(endpoint)
            self.assertEqual(
                echotest.run("sh", "-c", hint, cwd=self.directory,
                             env={**os.environ, "PATH": echotest.BUILD + ":" + os.environ["PATH"]}),
                (0, "hello\n", ""))
            # A server takes it too, for the same path.
            status, _, errors = echotest.run(echotest.SERVER, endpoint)
            self.assertEqual(status, 2)
            self.assertIn("answers there", errors)
            process.terminate()
            self.assertEqual(process.wait(echotest.PATIENCE), 0)
            os.close(ours)

    def test_terminal(self):
        """Only a person gets a hint what to do next."""
        ours, theirs = pty.openpty()
        process = self.launch("unix:" + self.path(), stdout=theirs)
        os.close(theirs)
        text = b""
        while b"hello" not in text:
            self.assertTrue(select.select([ours], [], [], echotest.PATIENCE)[0], text)
            text += os.read(ours, 4096)
        self.assertEqual(text.decode().splitlines(),
                         ["listening unix:" + self.path(), "ready",
                          "try: echo-client unix:%s hello" % self.path()])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(echotest.PATIENCE), 0)
        os.close(ours)

    def test_nothing_before_a_failure(self):
        status, output, errors = echotest.run(echotest.SERVER, "127.0.0.1:0",
                                              "unix:" + self.path("none/echo.sock"))
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(errors.count("\n"), 1, errors)


if __name__ == "__main__":
    unittest.main()
