# SPDX-License-Identifier: ISC
"""TERM acts at once, whatever the server is doing and whoever holds it up. Each test prints how long
it took."""

import ctypes
import fcntl
import os
import select
import signal
import socket
import subprocess
import termios
import threading
import time
import tty
import unittest

import echotest

# echo-server with a name service that can be silent (tests/lib/lookups.c).
FAULTY = os.path.join(echotest.BUILD, "tests", "system", "echo-server-faulty")

# Seconds. A tenth of a second is meant; the rest is for a busy machine and for sanitizers.
PROMPT = 3.0


class Watch:
    """Tells when somebody opens a directory, or deletes something in it (inotify(7))."""

    IN_OPEN, IN_DELETE = 0x20, 0x200

    def __init__(self, directory, mask):
        libc = ctypes.CDLL(None)
        self.fd = libc.inotify_init1(0)
        assert libc.inotify_add_watch(self.fd, directory.encode(), mask) >= 0

    def wait(self, reads=1):
        """Until it has happened so often, or more often at once."""
        for _ in range(reads):
            assert select.select([self.fd], [], [], echotest.PATIENCE)[0]
            os.read(self.fd, 4096)

    def close(self):
        os.close(self.fd)


class SignalsPromptly(echotest.TestCase):
    def settings(self, listeners, name="conf"):
        """Writes a settings file: endpoints, or (endpoint, more settings of it)."""
        items = ['{ endpoint = "%s"; %s}' % (one if isinstance(one, tuple) else (one, ""))
                 for one in listeners]
        return self.write(name, 'listeners = (%s);\nshutdown = { grace = "0"; };\n'
                          % ", ".join(items))

    def term(self, process, what, status=0):
        """Sends TERM and measures how long it takes until the end."""
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(echotest.PATIENCE), status)
        self.took(began, "TERM, " + what)

    def took(self, began, what):
        seconds = time.monotonic() - began
        print("%-60s %.3f s" % (what, seconds))
        self.assertLess(seconds, PROMPT, what)

    def start_silent(self, log, *arguments):
        """A start that does not get far; its process."""
        with open(log, "wb") as file:
            process = subprocess.Popen([FAULTY, *arguments], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=file)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_dead_resolver_at_start(self):
        for what, endpoint, more in (("a host's name", "silent.test:7777", ""),
                                     ("an owner's name", "unix:" + self.path(),
                                      'owner = "silent"; ')):
            log = self.path("log")
            process = self.start_silent(log, "-c", self.settings([(endpoint, more)]))
            with open(log, "rb") as file:
                echotest.wait_for(lambda file=file: b"asking" in os.pread(file.fileno(), 4096, 0))
            self.term(process, "dead resolver at start, " + what, -signal.SIGTERM)
            self.assertFalse(os.path.exists(self.path()))

    def test_dead_resolver_at_reload(self):
        kept = "unix:" + self.path()
        for what, endpoint, more in (("a host's name", "silent.test:7777", ""),
                                     ("an owner's name", "unix:" + self.path("new"),
                                      'owner = "silent"; ')):
            server = self.server("-c", self.settings([kept]), program=FAULTY)
            self.settings([kept, (endpoint, more), "silent2.test:7777", "silent3.test:7777"])
            server.send_signal(signal.SIGHUP)
            server.wait_log("asking silent")
            # All else goes on meanwhile.
            began = time.monotonic()
            self.assertEqual(echotest.exchange(kept, b"hello"), b"hello")
            server.send_signal(signal.SIGUSR1)
            server.wait_log("statistics listener=total")
            self.took(began, "an echo and USR1, dead resolver at reload, " + what)
            self.term(server.process, "dead resolver at reload, " + what)
            self.assertIn('reload-ignored why="the server is draining"', server.log())
            self.assertFalse(os.path.exists(self.path()))

    def children(self, server):
        with open("/proc/%d/task/%d/children" % (server.pid, server.pid), encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def test_nothing_is_left_of_an_abandoned_reload(self):
        """No zombie, however long the drain takes; whether the child was alive or stopped."""
        kept = "unix:" + self.path()
        for number in (signal.SIGCONT, signal.SIGSTOP):
            server = self.server("-c", self.settings([kept]), "--grace", "1h", program=FAULTY)
            client = self.client(kept)
            client.sendall(b"x")
            self.assertEqual(client.recv(1), b"x")
            self.settings([kept, "silent.test:7"])
            server.send_signal(signal.SIGHUP)
            server.wait_log("asking silent")
            child, = self.children(server)
            os.kill(child, number)
            server.send_signal(signal.SIGTERM)
            server.wait_log(" draining connections=1")
            echotest.wait_for(lambda server=server: not self.children(server))
            self.assertIsNone(server.process.poll())
            client.sendall(b"y")
            self.assertEqual(client.recv(1), b"y")
            client.close()
            self.assertEqual(server.process.wait(echotest.PATIENCE), 0)

    def test_resolving_has_a_limit(self):
        """Ten seconds for all names; what is open already is not asked for again, and what needs no
        name service comes first. A listener that is optional is left out, another one makes the
        reload fail."""
        servers = []
        for number, more in enumerate(("", "optional = true; ")):
            kept = ["unix:" + self.path("%d.sock" % number), "localhost:0"]
            server = self.server("-c", self.settings(kept, name="%d.conf" % number),
                                 program=FAULTY)
            self.settings([("silent.test:7", more), *kept, "unix:" + self.path("%d.new" % number),
                           "127.0.0.1:0"], name="%d.conf" % number)
            server.send_signal(signal.SIGHUP)
            server.wait_log("asking silent.test")
            self.write("%d.conf" % number, "what was read counts, not this")
            servers.append(server)
        for server, event in zip(servers, ("reload-refused", "listener-skipped")):
            self.assertIn("silent.test:7: no answer from the name service within 10 s",
                          server.wait_log(event + " .*")[0])
            self.assertEqual(echotest.exchange(server.endpoint, b"hello"), b"hello")
        servers[1].wait_log(" reloaded ")
        self.assertEqual(echotest.exchange("unix:" + self.path("1.new"), b"hello"), b"hello")
        self.assertFalse(os.path.exists(self.path("0.new")))

    def test_reload_asked_for_meanwhile(self):
        """It is done when the first one has ended."""
        kept = "unix:" + self.path()
        server = self.server("-c", self.settings([kept]), program=FAULTY)
        self.settings([kept, "silent.test:7"])
        server.send_signal(signal.SIGHUP)
        server.wait_log("asking silent.test")
        self.settings([kept, "unix:" + self.path("new")])
        server.send_signal(signal.SIGHUP)
        os.kill(self.children(server)[0], signal.SIGKILL)
        server.wait_log("reload-refused")
        server.wait_log(" reloaded listeners=2")
        self.assertEqual(echotest.exchange("unix:" + self.path("new"), b"hello"), b"hello")


    def leave_when_ended(self, endpoint):
        """A client that the server has, until the server ends the connection."""
        client = self.client(endpoint)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        thread = threading.Thread(target=lambda: (client.recv(1), client.close()))
        thread.start()
        self.addCleanup(thread.join)

    def terminal(self):
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        tty.setraw(theirs)
        return ours, theirs

    @staticmethod
    def fill(fd):
        """Leaves no room; nobody else sees that it was non-blocking."""
        own = os.open("/proc/self/fd/%d" % fd, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        # What a terminal takes goes on to the other end a little later.
        while select.select([], [own], [], 0.1)[1]:
            for size in (4096, 1):
                try:
                    while True:
                        os.write(own, b"#" * size)
                except BlockingIOError:
                    pass
        os.close(own)

    def read_past_filling(self, fd, end):
        text = b""
        while not text.endswith(end):
            self.assertTrue(select.select([fd], [], [], echotest.PATIENCE)[0], text[-80:])
            text += os.read(fd, 65536)
        return text.lstrip(b"#").decode()

    def test_stopped_terminal(self):
        """By ^S, with a client to drain."""
        _, theirs = self.terminal()
        server = self.server("-c", self.settings(["unix:" + self.path()]), stdout=theirs,
                             stderr=theirs)
        self.leave_when_ended(server.endpoint)
        termios.tcflow(theirs, termios.TCOOFF)
        self.term(server.process, "a terminal stopped by ^S")

    def test_terminal_that_nobody_reads(self):
        _, theirs = self.terminal()
        self.fill(theirs)
        server = self.server("-c", self.settings(["unix:" + self.path()]), stdout=theirs,
                             stderr=theirs)
        self.leave_when_ended(server.endpoint)
        self.term(server.process, "a terminal that nobody reads")

    def test_second_signal_at_a_stopped_terminal(self):
        _, theirs = self.terminal()
        conf = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }); '
                          'shutdown = { grace = "1h"; };' % self.path())
        server = self.server("-c", conf, stdout=theirs, stderr=theirs, expect_status=1)
        client = self.client(server.endpoint)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        termios.tcflow(theirs, termios.TCOOFF)
        server.send_signal(signal.SIGTERM)
        echotest.wait_for(lambda: not os.path.exists(self.path()))
        self.term(server.process, "a second one, a terminal stopped by ^S", 1)

    def test_failed_start_at_a_stopped_terminal(self):
        """The sentence that says why waits, the process can be ended."""
        _, theirs = self.terminal()
        self.fill(theirs)
        live = socket.socket(socket.AF_UNIX)
        self.addCleanup(live.close)
        os.mkdir(self.path("d"))
        live.bind(self.path("live"))
        live.listen()
        gone = Watch(self.path("d"), Watch.IN_DELETE)
        self.addCleanup(gone.close)
        process = subprocess.Popen([echotest.SERVER, "unix:" + self.path("d/a"),
                                    "unix:" + self.path("live")], stderr=theirs)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        gone.wait()
        self.term(process, "a failed start, a terminal that nobody reads", -signal.SIGTERM)

    def test_full_standard_output(self):
        endpoint = "unix:" + self.path()
        for what in ("", ", read in the end"):
            reader, writer, _ = self.full_pipe()
            self.addCleanup(os.close, writer)
            server = self.server("-c", self.settings([endpoint]), stdout=writer)
            self.assertEqual(echotest.exchange(endpoint, b"hello"), b"hello")
            if what:
                self.assertEqual(self.read_past_filling(reader, b"ready\n"),
                                 "listening %s\nready\n" % endpoint)
            self.assertTrue(os.get_blocking(writer))
            self.term(server.process, "a full standard output" + what)

    def test_full_ready_descriptor(self):
        endpoint = "unix:" + self.path()
        for what in ("", ", read in the end"):
            reader, writer, _ = self.full_pipe()
            self.addCleanup(os.close, writer)
            process = subprocess.Popen([echotest.SERVER, "--ready-fd", str(writer), "-c",
                                        self.settings([endpoint])], stdout=subprocess.DEVNULL,
                                       pass_fds=[writer])
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            echotest.wait_for(lambda: os.path.exists(self.path()))
            self.assertEqual(echotest.exchange(endpoint, b"hello"), b"hello")
            if what:
                self.assertEqual(self.read_past_filling(reader, b"ready\n"),
                                 "listening %s\nready\n" % endpoint)
            self.term(process, "a full ready descriptor" + what)

    def held_directories(self, count):
        """Endpoints in directories of their own, each locked by us."""
        endpoints = []
        for number in range(count):
            os.mkdir(self.path("d%d" % number))
            endpoints.append("unix:" + self.path("d%d/echo.sock" % number))
        return endpoints

    def hold(self, endpoints):
        for endpoint in endpoints:
            lock = os.open(os.path.dirname(endpoint[5:]), os.O_RDONLY)
            self.addCleanup(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX)

    def expect_gone(self, endpoints):
        for endpoint in endpoints:
            self.assertFalse(os.path.exists(endpoint[5:]), endpoint)

    def test_held_locks_at_the_end(self):
        endpoints = self.held_directories(20)
        server = self.server(*endpoints)
        self.hold(endpoints)
        self.term(server.process, "20 directories locked by another process")
        self.expect_gone(endpoints)

    def test_held_locks_when_listeners_are_removed(self):
        """Nobody stands still meanwhile."""
        endpoints = self.held_directories(20)
        server = self.server("-c", self.settings(endpoints))
        client = self.client(endpoints[0])
        self.hold(endpoints)
        self.settings(endpoints[:1])
        began = time.monotonic()
        server.send_signal(signal.SIGHUP)
        while " reloaded " not in server.log():
            turn = time.monotonic()
            client.sendall(b"x")
            self.assertEqual(client.recv(1), b"x")
            self.assertLess(time.monotonic() - turn, PROMPT)
        self.took(began, "HUP removes 19 of 20 listeners, their directories locked")
        self.expect_gone(endpoints[1:])

    def test_held_lock_at_start(self):
        """It waits for two seconds, and a signal ends that."""
        endpoint = self.held_directories(1)[0]
        directory = os.path.dirname(endpoint[5:])
        self.hold([endpoint])
        opened = Watch(directory, Watch.IN_OPEN)
        self.addCleanup(opened.close)
        process = self.start_silent(self.path("log"), endpoint)
        opened.wait(2)  # it tries again
        self.term(process, "a start that waits for a locked directory", -signal.SIGTERM)
        failure = self.refusal(endpoint, "unix:" + self.path())
        self.assertIn("lock the directory %s" % directory, failure.text)
        self.expect_gone([endpoint, "unix:" + self.path()])
        # Without it, the others get their locks all the same: a dead socket is replaced.
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(self.path())
        server = self.server("-c", self.settings([(endpoint, "optional = true; "),
                                                  "unix:" + self.path()]))
        server.wait_log("listener-skipped .*lock the directory")
        self.assertEqual(server.endpoints, ["unix:" + self.path()])

    def test_held_lock_at_reload(self):
        kept = "unix:" + self.path()
        new = self.held_directories(20)
        self.hold(new)
        server = self.server("-c", self.settings([kept]))
        self.settings([kept, *new])
        server.send_signal(signal.SIGHUP)
        refused = server.wait_log("reload-refused why=(.*)")[0]
        self.assertIn("lock the directory", refused)
        opened = Watch(os.path.dirname(new[0][5:]), Watch.IN_OPEN)
        self.addCleanup(opened.close)
        server.send_signal(signal.SIGHUP)
        opened.wait(2)
        # All else goes on meanwhile.
        self.assertEqual(echotest.exchange(kept, b"hello"), b"hello")
        self.term(server.process, "a reload that waits for locked directories")
        self.expect_gone([kept, *new])

    def test_many_listeners(self):
        endpoints = ["unix:" + self.path("%d.sock" % number) for number in range(256)]
        server = self.server("-c", self.settings(endpoints))
        self.settings(endpoints[:1])
        began = time.monotonic()
        server.send_signal(signal.SIGHUP)
        server.wait_log(" reloaded listeners=1")
        self.took(began, "HUP removes 255 of 256 listeners")
        self.expect_gone(endpoints[1:])
        self.settings(endpoints)
        server.send_signal(signal.SIGHUP)
        server.wait_log(" reloaded listeners=256")
        self.term(server.process, "256 listeners")
        self.expect_gone(endpoints)


if __name__ == "__main__":
    unittest.main()
