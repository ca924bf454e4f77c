# SPDX-License-Identifier: ISC
"""A reload that cannot be done changes nothing: the same sockets, the same service, and one line
that says why."""

import os
import resource
import signal
import socket
import unittest

import echotest

BAD = os.path.join(echotest.SOURCE, "tests", "bad-settings")
WORKERS = os.environ.pop("ECHO_TEST_WORKERS", "2")  # -w would hide a change of workers


class ReloadRefused(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.good = "workers = %s;\n" % WORKERS
        self.listeners = '{ endpoint = "unix:%s"; }, { endpoint = "127.0.0.1:0"; }' % self.path()
        self.conf = self.write("conf", self.text())
        self.served = self.server("-c", self.conf)
        self.streams = [self.client(endpoint) for endpoint in self.served.endpoints]
        self.refused = 0
        self.talk()
        self.before = self.state()

    def text(self, more="", listeners=""):
        return "%slisteners = (%s%s);\n%s" % (self.good, self.listeners, listeners, more)

    def state(self):
        """What is open, and which files there are."""
        return self.served.descriptors(), sorted(
            name for name in os.listdir(self.directory) if not name.startswith("bad"))

    def talk(self):
        for stream in self.streams:
            stream.sendall(b"still there?")
            self.assertEqual(echotest.receive_exactly(stream, 12), b"still there?")

    def refuse(self, kind, why=""):
        """Reloads what is now in the file."""
        self.refused += 1
        self.served.send_signal(signal.SIGHUP)
        last = self.served.wait_log(" reload-refused (.*)", self.refused)[-1]
        self.assertIn(why, last, kind)
        self.assertEqual(self.state(), self.before, kind)
        self.talk()

    def refuse_text(self, kind, text, why=""):
        os.unlink(self.conf)
        self.write("conf", text)
        self.refuse(kind, why)

    def still_good(self):
        for endpoint in self.served.endpoints:
            self.assertEqual(echotest.exchange(endpoint, b"hello"), b"hello")
        with open("/proc/%d/task/%d/children" % (self.served.pid, self.served.pid),
                  encoding="ascii") as file:
            self.assertEqual(file.read(), "")
        if os.path.lexists(self.conf):
            os.unlink(self.conf)
        self.write("conf", self.text())
        self.served.send_signal(signal.SIGHUP)
        self.served.wait_log(" reloaded ")

    def bad_files(self, half):
        names = sorted(os.listdir(BAD))[half::2]  # the log takes a hundred lines at once
        self.assertGreaterEqual(len(names), 60)
        for name in names:
            with open(os.path.join(BAD, name), encoding="utf-8", errors="surrogateescape") as file:
                text = file.read()
            os.unlink(self.conf)
            with open(self.conf, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
            self.refuse(name)
        self.still_good()

    def test_bad_files(self):
        self.bad_files(0)

    def test_more_bad_files(self):
        self.bad_files(1)

    def test_no_file(self):
        os.unlink(self.conf)
        self.before = self.before[0], [name for name in self.before[1] if name != "conf"]
        self.refuse("missing")
        self.before = self.before[0], sorted([*self.before[1], "conf"])
        os.mkdir(self.conf)
        self.refuse("directory")
        os.rmdir(self.conf)
        os.mkfifo(self.conf)
        self.refuse("FIFO")
        os.unlink(self.conf)
        for target in ("/dev/zero", "/proc/kmsg", "conf"):
            os.symlink(target, self.conf)
            self.refuse(target)
            os.unlink(self.conf)
        self.write("conf", self.text("#" * (1 << 20)))
        self.refuse("large")
        if self.has("root", "a file that others may write"):
            os.unlink(self.conf)
            self.write("conf", self.text())
            os.chmod(self.conf, 0o666)
            self.refuse("anybody may write it")
        self.still_good()

    def test_needs_a_restart(self):
        for more, why in (('log = { target = "syslog"; };', "log.target"),
                          ('log = { format = "json"; };', "log.format"),
                          ('log = { facility = "local0"; };', "log.facility")):
            self.refuse_text(why, self.text(more), "a change of %s needs a restart" % why)
        self.good = "workers = %d;\n" % (int(WORKERS) + 1)
        self.refuse_text("workers", self.text(), "a change of workers needs a restart")
        self.good = "workers = %s;\n" % WORKERS
        for change in ('mode = "0600";', 'owner = "12345";', 'group = "12345";'):
            self.refuse_text(change, self.text().replace('.sock"; ', '.sock"; ' + change),
                             "needs a restart")
        for change in ("nodelay = false;", "keepalive = false;", 'service = "info";'):
            self.refuse_text(change, self.text().replace(':0"; ', ':0"; ' + change),
                             "needs a restart")
        self.still_good()

    def test_listeners_that_cannot_be(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        live = socket.socket(socket.AF_UNIX)
        self.addCleanup(live.close)
        live.bind(self.path("bad-live"))
        live.listen()
        self.write("bad-file", "")
        cases = [("127.0.0.1:%d" % taken.getsockname()[1], "another program holds this port"),
                 ("192.0.2.1:0", "this machine has no such address"),
                 ("no-such-host.invalid:7", "resolve"),
                 ("unix:" + self.path("bad-live"), "bad-live"),
                 ("unix:" + self.path("bad-file"), "a regular file is in its place"),
                 ("unix:" + self.path("none/echo.sock"), "No such file"),
                 ("unix:" + self.path("bad-file/echo.sock"), "Not a directory")]
        if self.has("root", "0.0.0.0:0"):
            cases.append(("0.0.0.0:0", "allow_root"))
        for endpoint, why in cases:
            # The good one before it must go again, whatever has been done for it.
            self.refuse_text(endpoint, self.text(
                "allow_root = %s;\n" % str(why != "allow_root").lower(),
                ', { endpoint = "unix:%s"; }, { endpoint = "localhost:0"; }, '
                '{ endpoint = "%s"; }' % (self.path("new.sock"), endpoint)), why)
        self.refuse_text("owner", self.text(
            listeners=', { endpoint = "unix:%s"; owner = "nobody-of-that-name"; }'
            % self.path("new.sock")), "there is no user")
        only = 'listeners = ({ endpoint = "127.0.0.1:%d"; optional = true; });' \
            % taken.getsockname()[1]
        self.refuse_text("nothing left", self.good + only, "no listener could be opened")
        self.still_good()

    def test_addresses_of_our_own(self):
        """It is not another program that has them."""
        port = self.served.endpoints[1].rsplit(":", 1)[1]
        os.symlink(self.path(), self.path("bad-link"))
        os.symlink(self.directory, self.path("bad-directory"))
        already = 'the listener %s already has the address %s; remove one of the two'
        unix, tcp = "unix:" + self.path(), "127.0.0.1:0"
        for endpoint, why in (
                ("127.0.0.1:" + port, already % (tcp, "127.0.0.1:" + port)),
                ("tcp4:localhost:" + port, already % (tcp, "127.0.0.1:" + port)),
                ("unix:" + self.path("bad-directory/echo.sock"),
                 already % (unix, "unix:" + self.path("bad-directory/echo.sock"))),
                ("unix:" + self.path("bad-link"), already % (unix, "unix:" + self.path("bad-link"))),
                ("tcp4:*:" + port, already % (tcp, "0.0.0.0:" + port))):
            self.refuse_text(endpoint, self.text(
                "allow_root = true;\n", ', { endpoint = "unix:%s"; }, { endpoint = "%s"; }'
                % (self.path("new.sock"), endpoint)), why)
        # Two that are new.
        self.refuse_text("twice", self.text(
            listeners=', { endpoint = "unix:%s"; }, { endpoint = "unix:%s"; }'
                      % (self.path("new.sock"), self.path("bad-directory/new.sock"))),
            already % ("unix:" + self.path("new.sock"),
                       "unix:" + self.path("bad-directory/new.sock")))
        # One that leaves, but its socket is another one.
        self.listeners = self.listeners.replace("127.0.0.1:0", "tcp4:*:" + port)
        self.refuse_text("wider", self.text("allow_root = true;\n"),
                         "this server's own listener 127.0.0.1:0 still has 127.0.0.1:%s; remove it "
                         "in one reload and add tcp4:*:%s in the next" % (port, port))
        self.listeners = self.listeners.replace("tcp4:*:" + port, "127.0.0.1:0")
        # The mode of a socket that goes on does not change.
        self.refuse_text("mode", self.text().replace(
            'unix:%s"; ' % self.path(), 'unix:%s"; mode = "0600"; ' % self.path("./echo.sock")),
            "needs a restart")
        self.still_good()

    def test_no_descriptors(self):
        old = resource.prlimit(self.served.pid, resource.RLIMIT_NOFILE)
        # A fifth step would be enough for one worker, which opens fewer sockets.
        for free in range(4 if WORKERS == "1" else 5):
            count = len(self.served.descriptors()) + free
            resource.prlimit(self.served.pid, resource.RLIMIT_NOFILE, (count, old[1]))
            self.refuse_text("%d descriptors" % free, self.text(
                listeners=', { endpoint = "unix:%s"; }, { endpoint = "localhost:0"; },'
                          '{ endpoint = "127.0.0.2:0"; }, { endpoint = "127.0.0.3:0"; }'
                          % self.path("new.sock")), "")
        resource.prlimit(self.served.pid, resource.RLIMIT_NOFILE, old)
        self.still_good()


if __name__ == "__main__":
    unittest.main()
