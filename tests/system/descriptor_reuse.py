# SPDX-License-Identifier: ISC
"""A descriptor number that is used again brings nobody the bytes of another client.

While the server is stopped (SIGSTOP) clients leave, others come and others send: when it goes on,
it finds all of that in one batch of events, the closed descriptors and their successors together.
"""

import random
import signal
import socket
import struct
import unittest

import echotest

TURNS = 80
CLIENTS = 40  # for each endpoint


class Client:
    """Sends numbered blocks and checks what comes back."""

    def __init__(self, endpoint, seed):
        self.sock = echotest.connect(endpoint)
        self.chance = random.Random(seed)
        self.owed = b""

    def send(self):
        data = self.chance.randbytes(self.chance.randrange(1, 3000))
        self.sock.sendall(data)
        self.owed += data

    def check(self, test):
        test.assertEqual(echotest.receive_exactly(self.sock, len(self.owed)), self.owed)
        self.owed = b""

    def leave(self):
        way = self.chance.randrange(3)
        if way == 0 and self.sock.family != socket.AF_UNIX:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif way == 1:
            self.sock.shutdown(socket.SHUT_WR)
        self.sock.close()


class DescriptorReuse(echotest.TestCase):
    def test_one_batch(self):
        server = self.server("unix:" + self.path(), "127.0.0.1:0")
        base = server.sockets()
        chance = random.Random(7)
        clients = [Client(endpoint, number) for number in range(CLIENTS)
                   for endpoint in server.endpoints]
        for turn in range(TURNS):
            server.send_signal(signal.SIGSTOP)
            chance.shuffle(clients)
            for client in clients:
                client.send()
            for number, client in enumerate(clients[:CLIENTS // 2]):
                client.leave()
                clients[number] = Client(chance.choice(server.endpoints), 1000 * turn + number)
                clients[number].send()
            server.send_signal(signal.SIGCONT)
            for client in clients:
                client.check(self)
        for client in clients:
            client.leave()
        echotest.wait_for(lambda: server.sockets() == base, server.descriptors)

    def test_many_short_lives(self):
        """Connect, send, close at once, over and over, between streams that are compared."""
        server = self.server("unix:" + self.path(), "127.0.0.1:0")
        base = server.sockets()
        streams = [Client(endpoint, number) for number in range(10)
                   for endpoint in server.endpoints]
        for turn in range(4000):
            client = Client(server.endpoints[turn % 2], turn)
            client.send()
            if turn % 3 == 0:
                client.check(self)
            client.leave()
            streams[turn % len(streams)].send()
            streams[(turn * 7) % len(streams)].check(self)
        for client in streams:
            client.check(self)
            client.leave()
        echotest.wait_for(lambda: server.sockets() == base, server.descriptors)


if __name__ == "__main__":
    unittest.main()
