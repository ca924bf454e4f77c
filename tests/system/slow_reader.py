# SPDX-License-Identifier: ISC
"""A client that does not keep up loses nothing: what the server has taken comes back, then the end.

The server ends such a connection itself (drain, timeouts) while the client still sends and reads
slowly through a small window. A close with unread input would send a reset, and a reset destroys
what the client has not read yet. Only a client that never reads is cut, and that with a reset.
"""

import select
import socket
import unittest

import echotest

FILE = """
listeners = (%s);
limits = { %s };
shutdown = { grace = "%s"; linger = "%s"; };
log = { level = "info"; };
"""


DATA = echotest.block(16 << 20)


class SlowClient:
    """Sends for ever and reads only when it is told to; knows what it has sent and read."""

    def __init__(self, endpoint, window=4096):
        self.sock = echotest.connect(endpoint, receive_buffer=window)
        self.sock.setblocking(False)
        self.sent = 0
        self.back = bytearray()
        self.data = DATA

    def push(self):
        """Sends as much as fits now."""
        while self.sent < len(self.data):
            try:
                count = self.sock.send(memoryview(self.data)[self.sent:self.sent + (1 << 16)])
            except (BlockingIOError, BrokenPipeError):
                return
            self.sent += count

    def push_until_stuck(self):
        """Until neither we nor the server can go on: nothing was writable for a while."""
        while self.sent < len(self.data) and select.select([], [self.sock], [], 0.1)[1]:
            self.push()

    def read_slowly_to_end(self):
        """Small pieces, and more sent between them, as long as the server takes it."""
        while True:
            if not select.select([self.sock], [], [], echotest.PATIENCE)[0]:
                raise AssertionError("nothing more to read and no end")
            piece = self.sock.recv(32768)  # ConnectionResetError: the test has failed
            if not piece:
                return
            self.back += piece
            self.push()

    def check(self, test, where):
        test.assertGreater(len(self.back), 0, where)
        test.assertTrue(self.data.startswith(self.back), where)
        self.sock.close()


class SlowReader(echotest.TestCase):
    def start(self, limits="", grace="10s", linger="20s"):
        endpoints = self.endpoints("unix:" + self.path(), "unix:@" + self.path("abstract"),
                                   "127.0.0.1:0", "[::1]:0")
        listeners = ", ".join('{ endpoint = "%s"; }' % endpoint for endpoint in endpoints)
        return self.server("-c", self.write("conf", FILE % (listeners, limits, grace, linger)))

    def expect_closed(self, server, client, reason):
        """The server's own count agrees: all that it took was returned, and read."""
        line = "received=%d returned=%d .*reason=%s" % (len(client.back), len(client.back), reason)
        server.wait_log(line)

    def stuck_clients(self, server):
        """One for each endpoint; neither it nor the server can go on."""
        clients = [(endpoint, SlowClient(endpoint)) for endpoint in server.endpoints]
        for _, client in clients:
            client.push_until_stuck()
        return clients

    def test_drain(self):
        server = self.start(grace="50ms")
        clients = self.stuck_clients(server)
        server.process.terminate()
        server.wait_log("ending id=", len(clients))  # the grace is over
        for endpoint, client in clients:
            client.read_slowly_to_end()
            client.check(self, endpoint)
            self.expect_closed(server, client, "drain")
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        self.assertNotIn("reset", server.log())

    def test_timeouts(self):
        """Each of them ends a client that sends for ever and does not read."""
        for limit, reason in (("write_timeout", "write-timeout"), ("lifetime", "lifetime"),
                              ("idle_timeout", "idle")):
            server = self.start(limits='%s = "600ms";' % limit)
            clients = self.stuck_clients(server)
            server.wait_log("ending id=", len(clients))
            for endpoint, client in clients:
                client.read_slowly_to_end()
                client.check(self, (endpoint, limit))
                self.expect_closed(server, client, reason)
            self.assertEqual(server.stop(), 0)

    def test_idle_timeout(self):
        """All is returned as far as the server can see: the bytes wait in the kernel."""
        server = self.start(limits='idle_timeout = "200ms";')
        clients = [(endpoint, SlowClient(endpoint)) for endpoint in server.endpoints]
        for _, client in clients:
            client.data = DATA[:100000]
            client.push()
            self.assertEqual(client.sent, 100000)
        server.wait_log("half-close", len(clients))
        for endpoint, client in clients:
            client.read_slowly_to_end()
            client.check(self, endpoint)
            self.expect_closed(server, client, "idle")

    def test_who_never_reads_is_reset(self):
        """What is thrown away must not look like a clean end."""
        server = self.start(limits='write_timeout = "200ms";', linger="300ms")
        clients = self.stuck_clients(server)
        server.wait_log("closed .*reason=reset-after-linger", len(clients))
        for endpoint, client in clients:
            client.sock.settimeout(echotest.PATIENCE)
            with self.assertRaises(ConnectionResetError, msg=endpoint):
                client.back += echotest.receive_to_end(client.sock)
            client.sock.close()

    def test_late_reader(self):
        """Sends more than everything between us can hold, reads only then: nothing is lost."""
        server = self.start()
        for endpoint in server.endpoints:
            before = server.anonymous_memory()
            client = SlowClient(endpoint, window=None)
            client.push_until_stuck()
            self.assertLess(server.anonymous_memory() - before, 1 << 20, endpoint)
            client.sock.shutdown(socket.SHUT_WR)
            client.read_slowly_to_end()
            client.check(self, endpoint)
            self.assertEqual(len(client.back), client.sent, endpoint)


if __name__ == "__main__":
    unittest.main()
