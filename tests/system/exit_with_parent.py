# SPDX-License-Identifier: ISC
"""--exit-with-parent: a server ends when the process that started it does, however that ends."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import threading
import unittest

import echotest

FAULTY = os.path.join(echotest.BUILD, "tests", "system", "echo-server-faulty")

# What the system calls say: what the user reads.
REFUSALS = (
    ("getppid:ESRCH", "is in another PID namespace and cannot be watched"),
    ("getppid:ESRCH@2", "the process that started this one has ended"),
    ("pidfd_open:ESRCH", "the process that started this one has ended"),
    ("pidfd_open:ENOSYS", "Linux 5.3 or newer is needed"),
    ("pidfd_open:EPERM", "pidfd_open: Operation not permitted"),
)


class ExitWithParent(echotest.TestCase):
    def start(self, *options):
        """A shell that has started a server: the shell, and the server's pid and endpoint."""
        with open(self.path("log"), "wb") as log:
            shell = subprocess.Popen(
                ["sh", "-c", 'program=$1; shift; "$program" "$@" & echo $!; wait', "sh",
                 echotest.SERVER, "127.0.0.1:0", *options], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(shell.stdout.close)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        lines = [shell.stdout.readline() for _ in range(3)]
        pid = [line for line in lines if line.strip().isdigit()]  # comes at any place
        lines.remove(pid[0])
        self.assertEqual(lines[1], "ready\n")
        return shell, int(pid[0]), lines[0].split()[1]

    def log(self):
        with open(self.path("log"), encoding="ascii") as file:
            return file.read()

    def expect_end(self, watch):
        self.assertTrue(select.select([watch], [], [], echotest.PATIENCE)[0], self.log())
        os.close(watch)

    def test_parent_is_killed(self):
        shell, pid, endpoint = self.start("--exit-with-parent")
        self.assertEqual(echotest.exchange(endpoint, b"hello"), b"hello")
        watch = os.pidfd_open(pid)
        shell.kill()
        self.expect_end(watch)
        self.assertIn("notice parent-ended", self.log())
        self.assertIn("notice drained finished=0 cut=0", self.log())

    def test_it_is_a_drain(self):
        """A client that is there may finish, as after TERM; a second signal ends it at once."""
        for second in (False, True):
            shell, pid, endpoint = self.start("--exit-with-parent", "--grace", "1h")
            client = self.client(endpoint)
            client.sendall(b"one")
            self.assertEqual(echotest.receive_exactly(client, 3), b"one")
            watch = os.pidfd_open(pid)
            shell.kill()
            echotest.wait_for(lambda: "draining connections=1" in self.log(), self.log)
            client.sendall(b"two")
            self.assertEqual(echotest.receive_exactly(client, 3), b"two")
            if second:
                signal.pidfd_send_signal(watch, signal.SIGTERM)
            else:
                client.close()
            self.expect_end(watch)

    def test_runner_is_killed(self):
        """What the tests use it for: a test that dies leaves no server, and nothing holds its
        standard error open."""
        script = ("import echotest\n"
                  "server = echotest.Server('127.0.0.1:0', stderr=2).start()\n"
                  "print(server.pid, flush=True)\n"
                  "input()\n")
        reader, writer = os.pipe()
        runner = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=writer, env={**os.environ, "PYTHONPATH": os.path.dirname(echotest.__file__)})
        os.close(writer)
        with runner.stdout, runner.stdin:
            watch = os.pidfd_open(int(runner.stdout.readline()))
            runner.kill()
            runner.wait()
        self.assertTrue(select.select([watch], [], [], echotest.PATIENCE)[0])
        os.close(watch)
        self.assertIn(b"parent-ended", echotest.read_to_end(reader))
        os.close(reader)

    def start_held_up(self, *arguments, **options):
        """A shell that has started a server which does not get far, and a watch on that one."""
        with open(self.path("log"), "wb") as log:
            options.setdefault("stderr", log)
            shell = subprocess.Popen(
                ["sh", "-c", 'program=$1; shift; "$program" "$@" & echo $!; wait', "sh", FAULTY,
                 "--exit-with-parent", *arguments], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, text=True, **options)
        self.addCleanup(shell.stdout.close)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)
        pid = int(shell.stdout.readline())
        watch = os.pidfd_open(pid)
        self.addCleanup(self.kill, os.dup(watch))
        echotest.wait_for(lambda: self.waits(pid), self.log)
        return shell, watch

    @staticmethod
    def waits(pid):
        """Whether it knows its parent and all its threads sleep."""
        fds = "/proc/%d/fd/" % pid
        try:
            return any("pidfd" in os.readlink(fds + name) for name in os.listdir(fds)) and \
                echotest.is_asleep(pid)
        except (FileNotFoundError, ProcessLookupError):  # closed or ended meanwhile
            return False

    @staticmethod
    def kill(watch):
        """What a test that fails leaves."""
        try:
            signal.pidfd_send_signal(watch, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(watch)

    def test_while_it_looks_up_names(self):
        """Even where the shell has left signals blocked or ignored."""
        def block():
            signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())

        def ignore():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

        for arguments in ((), ("-t",)):
            for preexec in (None, block, ignore):
                shell, watch = self.start_held_up("silent.test:7", *arguments, preexec_fn=preexec)
                echotest.wait_for(lambda: "asking silent.test" in self.log(), self.log)
                shell.kill()
                self.expect_end(watch)

    def test_while_it_waits_for_a_lock(self):
        lock = os.open(self.directory, os.O_RDONLY)
        self.addCleanup(os.close, lock)
        fcntl.flock(lock, fcntl.LOCK_EX)
        shell, watch = self.start_held_up("unix:" + self.path())
        shell.kill()
        self.expect_end(watch)
        self.assertEqual(self.log(), "")

    def test_while_nobody_reads_what_it_says(self):
        """Of a start that fails, early or late, and of what only prints."""
        _, writer, _ = self.full_pipe()
        for arguments in (("-t", "unix:" + self.path("none/s")), ("no-such-host.invalid:7",),
                          ("unix:" + self.path("none/s"),)):
            shell, watch = self.start_held_up(*arguments, stderr=writer)
            shell.kill()
            self.expect_end(watch)
        os.close(writer)

    def test_without(self):
        """A server that was not asked to outlives its parent."""
        shell, pid, endpoint = self.start()
        watch = os.pidfd_open(pid)
        shell.kill()
        shell.wait()
        self.assertEqual(echotest.exchange(endpoint, b"hello"), b"hello")
        signal.pidfd_send_signal(watch, signal.SIGTERM)
        self.expect_end(watch)

    def test_thread_that_ends(self):
        """The process counts, not the thread that made the child."""
        servers = []
        thread = threading.Thread(
            target=lambda: servers.append(self.server("127.0.0.1:0", "--exit-with-parent")))
        thread.start()
        thread.join()
        self.assertEqual(echotest.exchange(servers[0].endpoint, b"hello"), b"hello")
        self.assertEqual(servers[0].stop(), 0)
        self.assertNotIn("parent-ended", servers[0].log())

    def test_refusals(self):
        for script, said in REFUSALS:
            failure = self.refusal("unix:" + self.path(), "--exit-with-parent", program=FAULTY,
                                   environment={**os.environ, "ECHO_FAULTS": script})
            self.assertRegex(failure.text, r"\Aecho-server: --exit-with-parent: [ -~]+\n\Z")
            self.assertIn(said, failure.text)
            self.assertEqual(os.listdir(self.directory), [])


if __name__ == "__main__":
    unittest.main()
