# SPDX-License-Identifier: ISC
"""Whoever starts it may leave it in an odd state: it serves exactly, or it refuses in a sentence."""

import itertools
import os
import resource
import signal
import tempfile
import unittest

import echotest


def close_standard(closed):
    def run():
        for fd in closed:
            os.close(fd)
    return run


def block_all_signals():
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())


def ignore_signals(*numbers):
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def deleted_directory():
    directory = tempfile.mkdtemp()
    os.chdir(directory)
    os.rmdir(directory)


def extra_descriptors():
    for _ in range(100):
        os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
    for fd in os.pipe():
        os.set_inheritable(fd, True)


def limit(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def nothing():
    pass


class Environment(echotest.TestCase):
    def expect_service(self, server, what):
        data = echotest.block(300000)
        for endpoint in server.endpoints:
            self.assertTrue(echotest.exchange(endpoint, data) == data, what)
        self.assertEqual(server.stop(), 0, what)

    def test_closed_standard_descriptors(self):
        """Nothing that the server prints or logs may reach a client, whatever is closed."""
        for count in range(4):
            for closed in itertools.combinations((0, 1, 2), count):
                server = self.server("unix:" + self.path(), "127.0.0.1:0", "-v",
                                     preexec=close_standard(closed))
                fds = server.descriptors()
                for fd in closed:
                    self.assertEqual(fds[fd], "/dev/null", closed)
                self.expect_service(server, closed)

    def test_odd_environments(self):
        """FAULTS of a start that must not matter."""
        table = {
            "signals blocked": (block_all_signals, {}),
            "signals ignored": (lambda: ignore_signals(
                signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGPIPE), {}),
            "deleted directory": (deleted_directory, {}),
            "descriptors inherited": (extra_descriptors, {}),
            "umask 0": (lambda: os.umask(0) and None, {}),
            "umask 0777": (lambda: os.umask(0o777) and None, {}),
            "small stack": (limit(resource.RLIMIT_STACK, 256 << 10), {}),
            "LISTEN_FDS": (nothing, {"LISTEN_FDS": "99999", "LISTEN_PID": "1"}),
            "LISTEN_FDS -1": (nothing, {"LISTEN_FDS": "-1", "LISTEN_PID": "1"}),
            "NOTIFY_SOCKET": (nothing, {"NOTIFY_SOCKET": "/nowhere/at/all"}),
            "NOTIFY_SOCKET empty": (nothing, {"NOTIFY_SOCKET": ""}),
            "odd locale": (nothing, {"LC_ALL": "xx_YY.UTF-99", "LANG": "\xff", "TZ": ":/dev/null"}),
        }
        # TSan makes a file before main, gcov after it.
        if not echotest.SANITIZED and self.has(echotest.PLAIN_BUILD, "no file may grow"):
            table["no file may grow"] = (limit(resource.RLIMIT_FSIZE, 0), {})
        for what, (preexec, environment) in table.items():
            server = self.server("unix:" + self.path(), "127.0.0.1:0", preexec=preexec,
                                 environment={**os.environ, **environment})
            self.expect_service(server, what)

    def test_ignored_signals(self):
        """What the parent process ignores stays ignored, what it blocks does not stay blocked."""
        answer = "notice statistics listener=total"
        for ignored, other, barrier, never in (
                (signal.SIGINT, signal.SIGUSR1, answer, " draining "),
                (signal.SIGTERM, signal.SIGUSR1, answer, " draining "),
                (signal.SIGHUP, signal.SIGUSR1, answer, " reloaded "),
                (signal.SIGUSR1, signal.SIGHUP, " reloaded ", answer)):
            server = self.server("unix:" + self.path(), preexec=lambda number=ignored: (
                ignore_signals(number), block_all_signals()))
            self.addCleanup(server.process.kill)  # before its end, where that is to fail
            # What comes after the other one is seen in the second round at the latest.
            for count in (1, 2):
                server.send_signal(ignored)
                server.send_signal(other)
                server.wait_log(barrier, count)
            self.assertNotIn(never, server.log(), ignored)
            self.assertEqual(server.stop(signal.SIGINT if ignored == signal.SIGTERM
                                         else signal.SIGTERM), 0, ignored)

    def test_empty_environment(self):
        options = {}
        if echotest.SANITIZED and "ASAN_OPTIONS" in os.environ:
            options["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
        self.expect_service(self.server("127.0.0.1:0", environment=options), "empty")

    def test_relative_path_in_a_deleted_directory(self):
        failure = self.refusal("unix:echo.sock", preexec=deleted_directory)
        self.assertEqual(failure.text.count("\n"), 1, failure.text)
        self.assertIn("directory", failure.text)

    def test_no_memory_for_threads(self):
        """A start that gets some threads but not all ends, and ends them."""
        if echotest.SANITIZED:
            return  # a sanitizer reserves terabytes of address space
        served = refused = 0
        # With glibc a thread takes megabytes of address space, with musl a few pages.
        for workers, megabytes in itertools.product((8, 64), range(8, 120, 8)):
            try:
                server = self.server("unix:" + self.path(), "-w", str(workers),
                                     preexec=limit(resource.RLIMIT_AS, megabytes << 20))
            except echotest.NotReady as failure:
                refused += 1
                self.assertIn(failure.status, (2, 127), failure.text)  # 127: the dynamic linker
                self.assertGreater(len(failure.text), 20)
                self.assertEqual(os.listdir(self.directory), [])
                continue
            served += 1
            self.expect_service(server, megabytes)
        self.assertGreater(served, 0)
        self.assertGreater(refused, 0)


if __name__ == "__main__":
    unittest.main()
