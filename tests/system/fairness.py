# SPDX-License-Identifier: ISC
"""One that floods does not keep the others waiting, be it with bytes or with connections."""

import os
import time
import unittest

import echotest
import load

PINGS = 100
ROUNDS = int(os.environ.get("ECHO_TEST_FAIR_ROUNDS", "5"))


class Fairness(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.served = self.server("unix:" + self.path(), "127.0.0.1:0")
        self.pingers = [self.client(self.served.endpoints[number % 2])
                        for number in range(PINGS)]

    def pings(self):
        """Everybody asks and is answered, one after the other; the times, sorted."""
        times = []
        for number in range(ROUNDS):
            for client in self.pingers:
                data = echotest.block(64, seed=number)
                began = time.monotonic()
                client.sendall(data)
                self.assertEqual(echotest.receive_exactly(client, 64), data)
                times.append(time.monotonic() - began)
        return sorted(times)

    def tell(self, what, quiet, busy):
        p99 = [times[len(times) * 99 // 100] * 1000 for times in (quiet, busy)]
        print("p99 of %d pings: %.3f ms alone, %.3f ms beside %s" % (len(busy), *p99, what))
        self.assertLess(busy[-1], 10)

    def test_beside_a_flood_of_bytes(self):
        quiet = self.pings()
        for endpoint in self.served.endpoints:
            clients = load.Load([endpoint], streams=1, rate=0, size=(1 << 30, 1 << 30))
            busy = self.pings()
            clients.end()
            counts = clients.result()
            self.tell("a flood of bytes", quiet, busy)
            self.assertEqual(set(counts) - {"messages"}, {"exact"}, counts)

    def test_beside_a_flood_of_connections(self):
        quiet = self.pings()
        clients = load.Load(self.served.endpoints, streams=1, rate=5000, size=(1, 64))
        busy = self.pings()
        clients.end()
        counts = clients.result()
        self.tell("%d connections" % counts["connects"], quiet, busy)
        self.assertEqual(set(counts) - {"messages"}, {"exact", "connects"}, counts)


if __name__ == "__main__":
    unittest.main()
