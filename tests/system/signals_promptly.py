# SPDX-License-Identifier: ISC
"""TERM acts at once, whatever the server is doing and whoever holds it up. Each test prints how long
it took."""

import os
import signal
import subprocess
import time
import unittest

import echotest

# echo-server with a name service that can be silent (tests/lib/lookups.c).
FAULTY = os.path.join(echotest.BUILD, "tests", "system", "echo-server-faulty")

# Seconds. A tenth of a second is meant; the rest is for a busy machine and for sanitizers.
PROMPT = 2.0


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

    def test_resolving_has_a_limit(self):
        """Ten seconds for all names, and what is open already is not asked for again: a listener
        that is optional is left out, another one makes the reload fail."""
        servers = []
        for number, more in enumerate(("", "optional = true; ")):
            kept = ["unix:" + self.path("%d.sock" % number), "localhost:0"]
            server = self.server("-c", self.settings(kept, name="%d.conf" % number),
                                 program=FAULTY)
            self.settings([*kept, ("silent.test:7", more)], name="%d.conf" % number)
            server.send_signal(signal.SIGHUP)
            server.wait_log("asking silent.test")
            server.send_signal(signal.SIGUSR1)  # is served while the other one waits
            servers.append(server)
        for server, event in zip(servers, ("reload-refused", "listener-skipped")):
            self.assertIn("silent.test:7: no answer from the name service within 10 s",
                          server.wait_log(event + " .*")[0])
            self.assertEqual(echotest.exchange(server.endpoint, b"hello"), b"hello")
        servers[1].wait_log(" reloaded ")

    def test_reload_asked_for_meanwhile(self):
        """It is done when the first one has ended."""
        kept = "unix:" + self.path()
        server = self.server("-c", self.settings([kept]), program=FAULTY)
        self.settings([kept, "silent.test:7"])
        server.send_signal(signal.SIGHUP)
        server.wait_log("asking silent.test")
        self.settings([kept, "unix:" + self.path("new")])
        server.send_signal(signal.SIGHUP)
        with open("/proc/%d/task/%d/children" % (server.pid, server.pid), encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        server.wait_log("reload-refused")
        server.wait_log(" reloaded listeners=2")
        self.assertEqual(echotest.exchange("unix:" + self.path("new"), b"hello"), b"hello")


if __name__ == "__main__":
    unittest.main()
