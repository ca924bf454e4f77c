# SPDX-License-Identifier: ISC
"""Clients that break their connection harm nobody: no descriptor stays, no other client notices."""

import select
import socket
import struct
import unittest

import echotest

RESETS = 500  # for each endpoint and way
OTHERS = 25   # for each endpoint


def reset(sock):
    """close(2) sends a reset: at once on TCP, and on Unix because something is unread."""
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def reset_at_once(endpoint):
    reset(echotest.connect(endpoint))


def reset_mid_echo(endpoint):
    sock = echotest.connect(endpoint)
    sock.sendall(b"x" * 100000)
    reset(sock)


def reset_after_half_close(endpoint):
    sock = echotest.connect(endpoint)
    sock.sendall(b"x" * 1000)
    sock.shutdown(socket.SHUT_WR)
    reset(sock)


class ClientResets(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.served = self.server(*self.endpoints(
            "unix:" + self.path(), "unix:@" + self.path("abstract"), "127.0.0.1:0", "[::1]:0"))
        self.base = self.served.sockets()

    def expect_base(self):
        echotest.wait_for(lambda: self.served.sockets() == self.base, self.served.log)

    def test_many(self):
        others = [(number, echotest.connect(endpoint))
                  for number in range(OTHERS) for endpoint in self.served.endpoints]
        for way in (reset_at_once, reset_mid_echo, reset_after_half_close):
            for turn in range(RESETS):
                for endpoint in self.served.endpoints:
                    way(endpoint)
                _, sock = others[turn % len(others)]
                data = echotest.block(3000, seed=turn)
                sock.sendall(data)
                self.assertEqual(echotest.receive_exactly(sock, len(data)), data)
        for number, sock in others:
            with sock:
                data = echotest.block(200000, seed=number)
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                self.assertTrue(echotest.receive_to_end(sock) == data)
        self.expect_base()

    def test_output_blocked(self):
        """A reset must be noticed while nothing is waited for but room to send, without spinning."""
        for endpoint in self.served.endpoints:
            for half_close in (False, True):
                sock = echotest.connect(endpoint)
                sock.setblocking(False)
                while select.select([], [sock], [], 0.05)[1]:
                    try:
                        sock.send(bytes(65536))
                    except BlockingIOError:
                        pass
                if half_close:
                    sock.shutdown(socket.SHUT_WR)
                before = self.served.cpu_seconds()
                select.select([], [], [], 0.05)
                self.assertLess(self.served.cpu_seconds() - before, 0.02, endpoint)
                reset(sock)
                self.expect_base()
                before = self.served.cpu_seconds()
                select.select([], [], [], 0.05)
                self.assertLess(self.served.cpu_seconds() - before, 0.02, endpoint)


if __name__ == "__main__":
    unittest.main()
