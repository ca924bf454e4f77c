# SPDX-License-Identifier: ISC
"""limits.connections: who comes too much waits, or is turned away; nobody else notices."""

import select
import time
import unittest

import echotest

PLACES = 8


class LimitsConnections(echotest.TestCase):
    def start(self, workers, on_full):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                                  '{ endpoint = "127.0.0.1:0"; });\n'
                                  'limits = { connections = %d; on_full = "%s"; };\n'
                                  'shutdown = { grace = "0"; linger = "0"; };\n'
                          % (self.path(), PLACES, on_full))
        return self.server("-w", str(workers), "-c", file)

    def talk(self, clients):
        for number, client in enumerate(clients):
            client.sendall(echotest.block(500, seed=number))
        for number, client in enumerate(clients):
            self.assertEqual(echotest.receive_exactly(client, 500),
                             echotest.block(500, seed=number))

    def fill(self, server):
        clients = [self.client(server.endpoints[number % 2]) for number in range(PLACES)]
        self.talk(clients)
        return clients

    def ready(self, clients, patience):
        return select.select(clients, [], [], patience)[0]

    def test_pause(self):
        for workers in (1, 2, 4):
            server = self.start(workers, "pause")
            began = time.monotonic()
            served = self.fill(server)
            waiting = [self.client(server.endpoints[number % 2]) for number in range(12)]
            for client in waiting:
                client.sendall(b"is there a place?")
            server.wait_log(" full listener=")
            spent = server.cpu_seconds()
            self.assertEqual(self.ready(waiting, 0.1), [])
            self.assertLess(server.cpu_seconds() - spent, 0.02)
            self.talk(served)
            # One leaves, one comes in, and no more than one.
            while waiting:
                served.pop(0).close()
                ready = self.ready(waiting, echotest.PATIENCE)
                self.assertEqual(len(ready), 1, workers)
                self.assertEqual(echotest.receive_exactly(ready[0], 17), b"is there a place?")
                waiting.remove(ready[0])
                served.append(ready[0])
                self.talk(served)
            self.assertEqual(self.ready(waiting, 0.05), [])
            self.assertLessEqual(len(server.wait_log(" full listener=")),
                                 1 + (time.monotonic() - began) // 10)
            self.assertEqual(server.stop(), 0)

    def test_close(self):
        for workers in (1, 2, 4):
            server = self.start(workers, "close")
            served = self.fill(server)
            for number in range(20):
                client = self.client(server.endpoints[number % 2])
                self.assertEqual(client.recv(1), b"", workers)
            self.talk(served)
            refused = server.wait_log(r" refused listener=(\S+) peer=.* reason=over-limit\n", 20)
            self.assertEqual(len(refused), 20)
            served.pop(0).close()
            served.append(echotest.wait_for(lambda: self.admitted(server.endpoints[1])))
            self.talk(served)
            self.assertEqual(server.stop(), 0)

    def admitted(self, endpoint):
        """A client that gets in, or None: a close takes a moment to be noticed."""
        client = self.client(endpoint)
        try:
            client.sendall(b"x")
            return client if client.recv(1) == b"x" else None
        except (ConnectionResetError, BrokenPipeError):
            return None

    def test_a_talker_that_is_turned_away_stops_nobody(self):
        """The server reads a little of what it says, so that it sees an end, but not for ever."""
        server = self.start(1, "close")
        served = self.fill(server)
        flood = bytes(1 << 20)
        for endpoint in server.endpoints:
            client = self.client(endpoint)
            with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                for _ in range(100):
                    client.sendall(flood)
            self.talk(served)


if __name__ == "__main__":
    unittest.main()
