# SPDX-License-Identifier: ISC
"""limits.per_source, .per_user, .accept_rate: they shed the offender only."""

import os
import socket
import time
import unittest

import echotest


class LimitsWho(echotest.TestCase):
    def start(self, workers, limits, listeners=None):
        listeners = listeners or '{ endpoint = "127.0.0.1:0"; }'
        file = self.write("conf", "listeners = (%s);\nlimits = { %s };\n"
                                  'shutdown = { grace = "0"; linger = "0"; };\n'
                          % (listeners, limits))
        return self.server("-w", str(workers), "-c", file)

    def from_source(self, source, endpoint):
        """A client with a source address of its own."""
        host, port = endpoint.rsplit(":", 1)
        sock = socket.socket(socket.AF_INET)
        self.addCleanup(sock.close)
        sock.settimeout(echotest.PATIENCE)
        sock.bind((source, 0))
        sock.connect((host, int(port)))
        return sock

    def is_welcome(self, client):
        try:
            client.sendall(b"hello")
            return echotest.receive_exactly(client, 5) == b"hello"
        except (ConnectionResetError, BrokenPipeError, AssertionError):
            return False

    def test_per_source(self):
        endpoints = self.endpoints("127.0.0.1:0", "[::1]:0")
        for workers in (1, 2, 4):
            server = self.start(workers, "per_source = 5;", ", ".join(
                '{ endpoint = "%s"; }' % endpoint for endpoint in endpoints))
            kept = {}
            for source in ("127.0.0.1", "127.0.0.2", "127.9.8.7"):
                clients = [self.from_source(source, server.endpoint) for _ in range(12)]
                kept[source] = [client for client in clients if self.is_welcome(client)]
                self.assertEqual(len(kept[source]), 5, (workers, source))
            # IPv6 is another source, and counted by the first 64 bits.
            for endpoint in server.endpoints[1:]:
                clients = [self.client(endpoint) for _ in range(12)]
                self.assertEqual(sum(self.is_welcome(client) for client in clients), 5)
            for source, clients in kept.items():
                self.assertTrue(all(self.is_welcome(client) for client in clients), source)
                clients.pop().close()
                echotest.wait_for(lambda: self.is_welcome(
                    self.from_source(source, server.endpoint)))
                self.assertFalse(self.is_welcome(self.from_source(source, server.endpoint)))
            server.wait_log("refused .*reason=over-limit")
            self.assertEqual(server.stop(), 0)

    def test_accept_rate(self):
        for workers in (1, 2, 4):
            server = self.start(workers, "accept_rate = 5;")
            for source in ("127.0.0.1", "127.0.0.2"):
                welcome = 0
                for _ in range(50):
                    with self.from_source(source, server.endpoint) as client:
                        welcome += self.is_welcome(client)
                # The rate of one second may be saved up; more only if this took that long.
                self.assertGreaterEqual(welcome, 5)
                self.assertLess(welcome, 25)
            self.assertEqual(server.stop(), 0)
            # Time gives it back.
        server = self.start(2, "accept_rate = 20;")
        while self.is_welcome(self.from_source("127.0.0.1", server.endpoint)):
            pass
        echotest.wait_for(
            lambda: self.is_welcome(self.from_source("127.0.0.1", server.endpoint)))

    def test_others_do_not_make_it_forgotten(self):
        """Few descriptors: one source tries all the while and is let in at its rate, whatever the
        number of others that come once."""
        file = self.write("conf", 'listeners = ({ endpoint = "127.0.0.1:0"; });\n'
                                  "limits = { accept_rate = 1; };\n")
        server = self.server("-w", "1", "-c", file, preexec=echotest.limit_descriptors(120))
        began = time.monotonic()
        welcome = 0
        for number in range(600):
            with self.from_source("127.1.%d.%d" % (number // 200, 1 + number % 200),
                                  server.endpoint) as other:
                self.assertTrue(self.is_welcome(other))
            if number % 10 == 0:
                with self.from_source("127.0.0.9", server.endpoint) as client:
                    welcome += self.is_welcome(client)
        self.assertLessEqual(welcome, 2 + (time.monotonic() - began))
        self.assertGreaterEqual(welcome, 1)

    def as_user(self, uid, endpoint, count):
        """Connects as another user; the sockets stay ours."""
        os.seteuid(uid)
        try:
            return [self.client(endpoint) for _ in range(count)]
        finally:
            os.seteuid(0)

    def test_per_user(self):
        users = (0, 4001, 4002) if self.has("root", "other users") else (os.geteuid(),)
        os.chmod(self.directory, 0o755)
        for workers in (1, 2, 4):
            server = self.start(workers, "per_user = 5;",
                                '{ endpoint = "unix:%s"; mode = "0666"; }' % self.path())
            kept = {}
            for uid in users:
                if uid == os.geteuid():
                    clients = [self.client(server.endpoint) for _ in range(12)]
                else:
                    clients = self.as_user(uid, server.endpoint, 12)
                kept[uid] = [client for client in clients if self.is_welcome(client)]
                self.assertEqual(len(kept[uid]), 5, (workers, uid))
            for uid, clients in kept.items():
                self.assertTrue(all(self.is_welcome(client) for client in clients), uid)
            kept[users[0]].pop().close()
            echotest.wait_for(lambda: self.is_welcome(self.client(server.endpoint)))
            self.assertFalse(self.is_welcome(self.client(server.endpoint)))
            self.assertEqual(server.stop(), 0)

    def test_many_sources_cost_nothing(self):
        """The table of sources has a fixed size: who left longest ago is forgotten."""
        server = self.start(2, "connections = 20; per_source = 2;")
        for number in range(1, 2000):
            source = "127.%d.%d.1" % (1 + number // 200, number % 200)
            with self.from_source(source, server.endpoint) as client:
                self.assertTrue(self.is_welcome(client))
            if number == 500:
                before = server.anonymous_memory()
        if not echotest.SANITIZED:
            self.assertLessEqual(server.anonymous_memory() - before, 64 << 10)
        clients = [self.from_source("127.0.0.9", server.endpoint) for _ in range(4)]
        self.assertEqual(sum(self.is_welcome(client) for client in clients), 2)


if __name__ == "__main__":
    unittest.main()
