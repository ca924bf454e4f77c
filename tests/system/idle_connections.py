# SPDX-License-Identifier: ISC
"""Silent connections cost a few bytes each and not one wake-up."""

import os
import resource
import select
import unittest

import echotest

COUNT = int(os.environ.get("ECHO_TEST_IDLE", "1000"))  # of each family
WINDOW = float(os.environ.get("ECHO_TEST_IDLE_WINDOW", "0.5"))  # seconds


class IdleConnections(echotest.TestCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.count = min(COUNT, hard - 600)

    def talk(self, clients):
        for client in clients:
            client.sendall(b"hello")
        for client in clients:
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")

    def test_cost(self):
        for endpoint in ("unix:" + self.path(), "127.0.0.1:0"):
            file = self.write("conf", 'listeners = ({ endpoint = "%s"; });\n'
                                      'limits = { connections = 20000; };\n' % endpoint)
            server = self.server("-c", file)
            self.talk([self.client(server.endpoint) for _ in range(50)])
            before = server.anonymous_memory()
            clients = [self.client(server.endpoint) for _ in range(self.count)]
            self.talk(clients)
            each = (server.anonymous_memory() - before) / self.count
            echotest.wait_for(server.asleep)
            woken = server.switches()
            spent = server.cpu_seconds()
            select.select([], [], [], WINDOW)  # a window to measure in: nobody does anything
            spent = server.cpu_seconds() - spent
            woken = server.switches() - woken
            print("%s: %d idle connections, %.0f bytes each, %d wake-ups in %.1f s" %
                  (endpoint, self.count, each, woken, WINDOW))
            if not echotest.SANITIZED:
                self.assertLessEqual(each, 300)
                self.assertEqual((woken, spent), (0, 0))
            self.talk(clients[::10])
            for client in clients:
                client.close()

    def test_no_pipe_is_kept(self):
        """What a bulk transfer took of the kernel's pipes is given back after it."""
        server = self.server("-v", "unix:" + self.path(), "127.0.0.1:0")
        for endpoint in server.endpoints:
            self.assertEqual(len(echotest.exchange(endpoint, bytes(16 << 20))), 16 << 20)
        self.assertIn("by=splice", server.log())
        echotest.wait_for(lambda: not [target for target in server.descriptors().values()
                                       if target.startswith("pipe:")], server.log)


if __name__ == "__main__":
    unittest.main()
