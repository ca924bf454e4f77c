# SPDX-License-Identifier: ISC
"""Clients that write and never read cost one buffer each, and nobody else a byte or a wait."""

import os
import resource
import select
import socket
import time
import unittest

import echotest

GREEDY = int(os.environ.get("ECHO_TEST_GREEDY", "300"))
BUFFER = 16384


class GreedyClients(echotest.TestCase):
    def fill_all(self, clients, data):
        """Everybody sends until nothing fits any more; how much each has sent."""
        sent = dict.fromkeys(clients, 0)
        twice = data + data
        poll = select.epoll()
        self.addCleanup(poll.close)
        by_number = {client.fileno(): client for client in clients}
        for client in clients:
            client.setblocking(False)
            poll.register(client.fileno(), select.EPOLLOUT)
        while events := poll.poll(0.1):
            for number, _ in events:
                client = by_number[number]
                try:
                    place = sent[client] % len(data)
                    sent[client] += client.send(twice[place:place + 65536])
                except BlockingIOError:
                    pass
        return sent

    def pings(self, endpoints, seconds):
        """Others, at the same time: every byte, and how long each took."""
        clients = [self.client(endpoint) for endpoint in endpoints]
        times = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            data = os.urandom(1000)
            for client in clients:
                began = time.monotonic()
                client.sendall(data)
                self.assertEqual(echotest.receive_exactly(client, len(data)), data)
                times.append(time.monotonic() - began)
        return sorted(times)

    def test_memory_and_others(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                                  '{ endpoint = "127.0.0.1:0"; });\nbuffer = "16KiB";\n'
                          % self.path())
        server = self.server("-c", file)
        self.pings(server.endpoints, 0.1)
        before = server.anonymous_memory()
        clients = [self.client(server.endpoint) for _ in range(GREEDY)]
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        clients += [self.client(server.endpoints[1]) for _ in range(GREEDY // 50)]
        data = echotest.block(1 << 20)
        sent = self.fill_all(clients, data)
        grown = server.anonymous_memory() - before
        # What the kernel keeps for them is bounded as well: two queues, and a pipe for some.
        self.assertLess(max(sent[client] for client in clients[:GREEDY]), 10 * BUFFER)
        spent = server.cpu_seconds()
        select.select([], [], [], 0.3)  # a window to measure in: nobody does anything
        spent = server.cpu_seconds() - spent
        times = self.pings(server.endpoints, 0.3)
        print("%d greedy clients: memory grew by %d KiB (%d bytes each), %.2f %% of a core, "
              "p99 of others %.3f ms" % (len(clients), grown >> 10, grown // len(clients),
                                         spent / 0.3 * 100, 1000 * times[len(times) * 99 // 100]))
        if not echotest.SANITIZED:
            self.assertLessEqual(grown, len(clients) * BUFFER + (1 << 20))
        self.assertLess(spent, 0.05)
        # They have not been robbed either: each gets back what it has sent.
        for client in clients[:5] + clients[-5:]:
            client.setblocking(True)
            client.settimeout(echotest.PATIENCE)
            client.shutdown(socket.SHUT_WR)
            back = echotest.receive_to_end(client)
            self.assertEqual(len(back), sent[client])
            for place in range(0, len(back), len(data)):
                self.assertTrue(back[place:place + len(data)] == data[:len(back) - place])


if __name__ == "__main__":
    unittest.main()
