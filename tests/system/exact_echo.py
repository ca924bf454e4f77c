# SPDX-License-Identifier: ISC
"""Every byte comes back once, in order, then the end; over every kind of endpoint."""

import concurrent.futures
import unittest

import echotest

SIZES = (0, 1, 15, 16, 51, 4096, 65535, 65536, 65537, 1 << 20, 16 << 20)


class ExactEcho(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.served = self.server(*self.endpoints(
            "unix:" + self.path(), "unix:@" + self.path("abstract"), "127.0.0.1:0", "[::1]:0",
            "mptcp:127.0.0.1:0"))

    def test_sizes(self):
        for endpoint in self.served.endpoints:
            for size in SIZES:
                data = echotest.block(size, seed=size)
                self.assertTrue(echotest.exchange(endpoint, data) == data, (endpoint, size))

    def test_thousand_half_closes(self):
        """1000 times 1 MiB, half-close, read to the end: the tail is what others lose."""
        data = echotest.block(1 << 20)
        for endpoint in self.served.endpoints:
            for number in range(1000):
                self.assertTrue(echotest.exchange(endpoint, data) == data, (endpoint, number))

    def test_thousand_clients_at_once(self):
        for endpoint in self.served.endpoints:
            clients = [echotest.connect(endpoint) for _ in range(1000)]
            for number, client in enumerate(clients):
                client.sendall(echotest.block(1000, seed=number))
            for number, client in enumerate(clients):
                with client:
                    self.assertEqual(echotest.receive_exactly(client, 1000),
                                     echotest.block(1000, seed=number))

    def test_parallel_streams(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            jobs = [(endpoint, echotest.block(2 << 20, seed=number))
                    for number in range(8) for endpoint in self.served.endpoints]
            for (endpoint, data), back in zip(jobs, pool.map(
                    lambda job: echotest.exchange(*job), jobs)):
                self.assertTrue(back == data, endpoint)


if __name__ == "__main__":
    unittest.main()
