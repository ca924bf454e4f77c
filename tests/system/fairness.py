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
        """Everybody asks and is answered, one after the other; the times."""
        times = []
        for number, client in enumerate(self.pingers):
            data = echotest.block(64, seed=number)
            began = time.monotonic()
            client.sendall(data)
            self.assertEqual(echotest.receive_exactly(client, 64), data)
            times.append(time.monotonic() - began)
        return times

    def beside(self, what, **load_options):
        """Pings while the flood goes to the same server and, as often and in turns, to another one:
        what this machine makes both wait for is no fault of the server. Nobody waits longer than for
        a few turns of the flood, each of which moves a bounded number of bytes and clients."""
        other = self.server("unix:" + self.path("other"), "127.0.0.1:0")
        for number, endpoint in enumerate(self.served.endpoints):
            times = {self.served: [], other: []}
            for _ in range(ROUNDS):
                for server in times:
                    flood = load.Load([server.endpoints[number]], streams=1, **load_options)
                    times[server] += self.pings()
                    flood.end()
                    self.assertLessEqual(set(flood.result()), {"exact", "messages", "connects"})
            same, apart = (sorted(times[server]) for server in (self.served, other))
            p99 = [values[len(values) * 99 // 100] * 1000 for values in (same, apart)]
            print("%s: p99 of %d pings: %.3f ms beside %s, %.3f ms when it goes to another server"
                  % (endpoint.split(":")[0], len(same), p99[0], what, p99[1]))
            self.assertLess(p99[0], 10 * p99[1] + 10)

    def test_beside_a_flood_of_bytes(self):
        self.beside("a flood of bytes", rate=0, size=(1 << 30, 1 << 30))

    def test_beside_a_flood_of_connections(self):
        self.beside("a flood of connections", rate=5000, size=(1, 64))


if __name__ == "__main__":
    unittest.main()
