# SPDX-License-Identifier: ISC
"""Reloads under load: no connect fails, no stream notices, nothing is left behind."""

import os
import select
import signal
import time
import unittest

import echotest
import load

RELOADS = int(os.environ.get("ECHO_TEST_RELOADS", "100"))


class ReloadUnderLoad(echotest.TestCase):
    def settings(self, number):
        """Every other file has one listener more, other limits, another order."""
        kept = ['{ endpoint = "%s"; }' % endpoint for endpoint in self.kept]
        extra = ['{ endpoint = "unix:%s"; }' % self.path("more"), '{ endpoint = "localhost:0"; }']
        listeners = kept if number % 2 == 0 else extra[:1] + kept[::-1] + extra[1:]
        self.write("conf", 'listeners = (%s);\nlimits = { connections = %d; idle_timeout = "%ds"; };\n'
                           'buffer = "%d";\nlog = { level = "%s"; };\n'
                   % (", ".join(listeners), 5000 + number, 100 + number % 3,
                      16384 << number % 3, ("notice", "debug")[number % 10 == 9]))

    def reload(self, server, number):
        self.settings(number)
        self.reloads += 1
        server.send_signal(signal.SIGHUP)
        server.wait_log(" notice reloaded ", self.reloads)
        if self.reloads > 90:  # no more lines a second than the log takes
            select.select([], [], [], 0.055)

    def test_reloads(self):
        self.reloads = 0
        self.kept = self.endpoints("unix:" + self.path(), "127.0.0.1:0", "[::1]:0")
        self.settings(0)
        server = self.server("-c", self.path("conf"))
        others = self.others(server)
        clients = load.Load(server.endpoints, streams=200, rate=1000, size=(1, 2000))
        self.reload(server, 1)
        self.reload(server, 2)
        listening = self.listening(server)
        memory = server.anonymous_memory()
        began = time.monotonic()
        for number in range(3, RELOADS + 3):
            self.reload(server, number)
        took = time.monotonic() - began
        if number % 2:
            self.reload(server, number + 1)
        self.assertEqual(self.listening(server), listening)
        grown = server.anonymous_memory() - memory
        clients.end()
        counts = clients.result()
        print("%d reloads in %.1f s, memory grew by %d KiB, %s" %
              (RELOADS, took, grown >> 10, counts))
        self.assertEqual(set(counts), {"exact", "messages", "connects"}, counts)
        if not echotest.SANITIZED:
            self.assertLessEqual(grown, 256 << 10)
        for word in ("refused", "skipped", "lost"):
            self.assertNotIn(word, server.log())
        # And nothing but connections, and pipes for their bytes, has come and gone.
        echotest.wait_for(lambda: self.others(server) == others, lambda: server.descriptors())

    def listening(self, server):
        """Its listening sockets: their numbers stay as long as they live."""
        inodes = echotest.listening_sockets(server.pid)
        return {(fd, target) for fd, target in server.descriptors().items()
                if target[8:-1] in inodes}

    def others(self, server):
        """What it has open beside pipes and what listens."""
        return {(fd, target) for fd, target in server.descriptors().items()
                if not target.startswith("pipe:")} - self.listening(server)


if __name__ == "__main__":
    unittest.main()
