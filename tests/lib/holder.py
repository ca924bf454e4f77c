# SPDX-License-Identifier: ISC
"""A test that holds listening sockets while servers that serve them come and go."""

import os
import socket
import sys

import echotest

# Starts the server as a service manager does: the passed sockets from descriptor 3 on, LISTEN_PID
# its own number unless the test has set another.
LAUNCHER = """#!%s
import fcntl, os, sys
words = sys.argv[1:]
if "--ready-fd" in words:
    at = words.index("--ready-fd") + 1
    words[at] = str(fcntl.fcntl(int(words[at]), fcntl.F_DUPFD, 100))
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in os.environ.pop("PASSED").split()]
os.closerange(3, 100)
for number, fd in enumerate(fds):
    os.dup2(fd, 3 + number)
    os.close(fd)
os.environ.setdefault("LISTEN_PID", str(os.getpid()))
os.execv("%s", ["%s", *words])
""" % (sys.executable, echotest.SERVER, echotest.SERVER)


class TestCase(echotest.TestCase):
    """The sockets stay open, with whoever is queued on them, until the test ends."""

    def setUp(self):
        super().setUp()
        self.launcher = self.write("launcher", LAUNCHER)
        os.chmod(self.launcher, 0o700)

    def listening(self, family, address):
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.listen(4096)
        return sock

    def unix(self, name="echo.sock"):
        return self.listening(socket.AF_UNIX, self.path(name))

    def tcp(self):
        return self.listening(socket.AF_INET, ("127.0.0.1", 0))

    def options(self, passed, environment):
        """For a server that gets these sockets; LISTEN_FDS is right unless it is given."""
        fds = [sock if isinstance(sock, int) else sock.fileno() for sock in passed]
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("LISTEN_")}
        return {"program": self.launcher, "passed": fds,
                "environment": {**clean, "PASSED": " ".join(map(str, fds)),
                                "LISTEN_FDS": str(len(fds)), **environment}}

    def start(self, passed, *arguments, **environment):
        return self.server(*arguments, **self.options(passed, environment))

    def refuse(self, passed, sentence, *arguments, **environment):
        self.assertIn(sentence, self.refusal(*arguments, **self.options(passed, environment)).text)

    def endpoint(self, sock):
        name = sock.getsockname()
        return "unix:" + name if isinstance(name, str) else "%s:%d" % name

    def echo(self, sock):
        data = echotest.block(100000)
        self.assertTrue(echotest.exchange(self.endpoint(sock), data) == data, self.endpoint(sock))
