# SPDX-License-Identifier: ISC
"""Without descriptors the service goes on for those it has, costs nothing, and takes the waiting
clients as soon as there is room."""

import os
import resource
import select
import time
import unittest

import echotest

SERVED = 15
WAITING = 100
WINDOW = 1.0  # seconds


class DescriptorsRunOut(echotest.TestCase):
    def limit(self, server, count):
        """The server has counted on more: what else takes descriptors away from it."""
        hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
        soft = len(server.descriptors()) + count
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))

    def talk(self, clients, seed):
        for number, client in enumerate(clients):
            client.sendall(echotest.block(500, seed=seed + number))
        for number, client in enumerate(clients):
            self.assertEqual(echotest.receive_exactly(client, 500),
                             echotest.block(500, seed=seed + number))

    def test_waiting_clients(self):
        server = self.server("unix:" + self.path(), "127.0.0.1:0")
        self.limit(server, SERVED * 2)
        started = time.monotonic()
        served = [self.client(endpoint) for endpoint in server.endpoints
                  for _ in range(SERVED)]
        self.talk(served, 0)

        waiting = [self.client(endpoint) for endpoint in server.endpoints
                   for _ in range(WAITING)]
        for number, client in enumerate(waiting):
            client.sendall(echotest.block(100, seed=number))
        server.wait_log("accept-paused")
        before = server.cpu_seconds()
        ready, _, _ = select.select(waiting, [], [], WINDOW)
        spent = server.cpu_seconds() - before
        self.assertEqual(ready, [])
        print("cpu while descriptors are out: %.2f %%" % (100 * spent / WINDOW))
        self.assertLess(spent, 0.05 * WINDOW)
        self.talk(served, 1000)
        self.assertLessEqual(len(server.wait_log("accept-paused")),
                             1 + (time.monotonic() - started) // 10)

        for client in served[:10]:
            client.close()
        began = time.monotonic()
        answered = set()
        while len(answered) < 10:
            ready, _, _ = select.select(set(waiting) - answered, [], [], echotest.PATIENCE)
            self.assertTrue(ready)
            answered.update(ready)
        print("ten waiting clients served %.3f s after ten left" % (time.monotonic() - began))
        self.assertEqual(len(answered), 10)

        self.limit(server, 1000)
        for number, client in enumerate(waiting):
            self.assertEqual(echotest.receive_exactly(client, 100),
                             echotest.block(100, seed=number))
        self.talk(served[10:] + waiting, 2000)

    def test_drain_serves_those_who_wait(self):
        """Whoever was in the queue of a Unix socket is served even then."""
        server = self.server("unix:" + self.path())
        self.limit(server, 10)
        clients = [self.client(server.endpoint) for _ in range(50)]
        server.wait_log("accept-paused")
        server.send_signal(15)
        server.wait_log("draining")
        for number, client in enumerate(clients):
            with client:
                client.sendall(echotest.block(3000, seed=number))
                client.shutdown(echotest.socket.SHUT_WR)
                self.assertEqual(echotest.receive_to_end(client),
                                 echotest.block(3000, seed=number))
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        server.wait_log("drained finished=50 cut=0")


if __name__ == "__main__":
    unittest.main()
