# SPDX-License-Identifier: ISC
"""limits.idle_timeout, .write_timeout, .lifetime: who is over them is ended, with an end and not a
reset; who is within them never."""

import select
import time
import unittest

import echotest


class LimitsTime(echotest.TestCase):
    def start(self, limits):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                                  '{ endpoint = "127.0.0.1:0"; });\nlimits = { %s };\n'
                                  'log = { level = "info"; };\nbuffer = "16KiB";\n'
                                  'shutdown = { linger = "300ms"; };\n'
                          % (self.path(), limits))
        return self.server("-c", file)

    def wait_ends(self, clients):
        """Waits until each client reads its end; how long each took."""
        began = time.monotonic()
        took = []
        left = set(clients)
        while left:
            ready, _, _ = select.select(left, [], [], echotest.PATIENCE)
            self.assertTrue(ready)
            for client in ready:
                self.assertEqual(client.recv(1000), b"")
                took.append(time.monotonic() - began)
            left -= set(ready)
        return took

    def test_idle(self):
        server = self.start('idle_timeout = "400ms";')
        idle = [self.client(endpoint) for endpoint in server.endpoints for _ in range(10)]
        busy = [self.client(endpoint) for endpoint in server.endpoints]
        began = time.monotonic()
        took = []
        # The busy ones say a byte just inside the limit, until it has passed several times.
        while len(took) < len(idle) or time.monotonic() - began < 1.2:
            ready, _, _ = select.select(set(idle), [], [], 0.25)
            for client in ready:
                self.assertEqual(client.recv(1), b"")
                took.append(time.monotonic() - began)
                idle.remove(client)
                client.close()
                idle.append(self.client(server.endpoint))  # and the next one
            for client in busy:
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"x")
        self.assertGreaterEqual(min(took), 0.35)
        print("idle clients of a limit of 0.4 s ended after %.2f to %.2f s" %
              (min(took[:20]), max(took[:20])))
        server.wait_log("closed .*received=0 returned=0 .*reason=idle", 20)
        self.assertNotIn("client-reset", server.log())

    def test_lifetime(self):
        server = self.start('lifetime = "300ms";')
        clients = [self.client(endpoint) for endpoint in server.endpoints for _ in range(5)]
        for client in clients:
            client.setblocking(False)
        received = dict.fromkeys(clients, 0)
        sent = dict.fromkeys(clients, 0)
        data = echotest.block(1 << 20)
        ended = set()
        until = time.monotonic() + echotest.PATIENCE
        # All of them are busy all the time, and each has an exact piece and then the end.
        while len(ended) < len(clients):
            left = set(clients) - ended
            readable, writable, _ = select.select(left, left, [], echotest.PATIENCE)
            self.assertTrue(readable or writable)
            self.assertLess(time.monotonic(), until)
            for client in writable:
                place = sent[client] % len(data)
                try:
                    sent[client] += client.send(data[place:place + 10000])
                except BlockingIOError:
                    pass
            for client in readable:
                back = client.recv(len(data))
                place = received[client] % len(data)
                self.assertEqual(back, (data + data)[place:place + len(back)])
                received[client] += len(back)
                if not back:
                    ended.add(client)
                    client.close()
        self.assertTrue(all(count > 0 for count in received.values()))
        server.wait_log("closed .*reason=lifetime", len(clients))

    def test_write(self):
        server = self.start('write_timeout = "300ms";')
        silent = [self.client(endpoint) for endpoint in server.endpoints]
        greedy = [self.client(endpoint) for endpoint in server.endpoints]
        data = echotest.block(64 << 20)
        for client in greedy:
            echotest.fill(client, data)
        server.wait_log("closed .*reason=reset-after-linger", 2)
        # Silence is no crime here.
        for client in silent:
            client.sendall(b"x")
            self.assertEqual(client.recv(1), b"x")

    def test_write_of_a_slow_reader(self):
        """Slow is not stalled: who takes a little all the time is never cut."""
        server = self.start('write_timeout = "400ms";')
        client = self.client(server.endpoint)
        data = echotest.block(64 << 20)
        sent = echotest.fill(client, data)
        began = time.monotonic()
        back = bytearray()
        while time.monotonic() - began < 0.9:
            select.select([], [], [], 0.02)  # slow is what it is
            back += client.recv(2048)
        client.shutdown(echotest.socket.SHUT_WR)
        back += echotest.receive_to_end(client)
        self.assertTrue(back == data[:sent])
        server.wait_log("closed .*reason=client-closed")


if __name__ == "__main__":
    unittest.main()
