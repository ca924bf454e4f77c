# SPDX-License-Identifier: ISC
"""Urgent (out-of-band) bytes come back in their place in the stream, and passed descriptors do not
stay with the server; while it copies and while it splices.
"""

import array
import errno
import os
import random
import socket
import threading
import unittest

import badpeers
import echotest

THIN = 200         # pieces of some bytes with an urgent byte after each
THICK = 8 << 20    # and a bulk transfer with an urgent byte after each piece


def supports_urgent(endpoint):
    with echotest.connect(endpoint) as sock:
        try:
            sock.send(b"!", socket.MSG_OOB)
        except OSError as failure:
            if failure.errno != errno.EOPNOTSUPP:  # a Unix socket before Linux 5.15
                raise
            return False
    return True


class UrgentData(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.served = self.server(*self.endpoints(
            "unix:" + self.path(), "unix:@" + self.path("abstract"), "127.0.0.1:0", "[::1]:0"), "-v")

    def exchange(self, endpoint, pieces, send):
        """send() sends each piece; returns whether all came back, then the end."""
        with echotest.connect(endpoint) as sock:
            def run():
                for piece in pieces:
                    send(sock, piece)
                sock.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=run)
            sender.start()
            back = echotest.receive_to_end(sock)
            sender.join()
        return back == b"".join(pieces)

    def until_spliced(self, bulk):
        """Bulk transfers, each of them exact, until one has gone through a kernel pipe, which then
        stays in the pool. On a busy machine reads are not always full enough for that."""
        def spliced():
            bulk()
            return any(target.startswith("pipe:") for target in self.served.descriptors().values())
        echotest.wait_for(spliced)

    def test_urgent(self):
        def send(sock, piece):
            sock.sendall(piece[:-1])
            sock.send(piece[-1:], socket.MSG_OOB)
        chance = random.Random(1)
        thin = [echotest.block(chance.randrange(1, 100), seed=n) for n in range(THIN)]
        thick = []
        while sum(map(len, thick)) < THICK:
            thick.append(echotest.block(chance.randrange(1, 500000), seed=len(thick)))
        for endpoint in filter(supports_urgent, self.served.endpoints):
            self.assertTrue(self.exchange(endpoint, thin, send), (endpoint, "thin"))

        def bulk():
            for endpoint in filter(supports_urgent, self.served.endpoints):
                self.assertTrue(self.exchange(endpoint, thick, send), (endpoint, "thick"))
        self.until_spliced(bulk)

    def test_urgent_alone(self):
        for endpoint in filter(supports_urgent, self.served.endpoints):
            with echotest.connect(endpoint) as sock:
                for number in range(100):
                    byte = bytes([number])
                    sock.send(byte, socket.MSG_OOB)
                    self.assertEqual(echotest.receive_exactly(sock, 1), byte, endpoint)

    def test_added_by_a_server(self):
        """An urgent byte that a server adds is a byte too many for client and load generator."""
        def adds_an_urgent_byte(conn):
            data = conn.recv(1)
            conn.sendall(data)
            conn.send(b"!", socket.MSG_OOB)
            badpeers.exact(conn)
        with badpeers.serve(adds_an_urgent_byte) as peer:
            for command in ((echotest.CLIENT, peer.endpoint, "x"),
                            (echotest.CLIENT, peer.endpoint, "hello"),
                            (echotest.CLIENT, "--verify", "--size", "1KiB", peer.endpoint),
                            (echotest.CLIENT, "--ping", "-c", "2", "-i", "0.1", peer.endpoint),
                            (echotest.BENCH, "-c", "1", "-n", "10", "--warmup", "0",
                             peer.endpoint)):
                with self.subTest(command):
                    status, output, errors = echotest.run(*command)
                    self.assertEqual(status, 4, output + errors)
                    self.assertRegex(output + errors, "EXTRA|CORRUPT")

    def test_passed_descriptors(self):
        fds = array.array("i", [os.open("/dev/null", os.O_RDONLY)] * 253)
        self.addCleanup(os.close, fds[0])

        def send(sock, piece):
            count = sock.sendmsg([piece], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            sock.sendall(piece[count:])
        base = self.served.sockets()
        for endpoint in self.served.endpoints[:2]:
            with echotest.connect(endpoint) as sock:
                for number in range(200):
                    piece = echotest.block(1 + number * 7, seed=number)
                    send(sock, piece)
                    self.assertEqual(echotest.receive_exactly(sock, len(piece)), piece)
        thick = [echotest.block(300000, seed=n) for n in range(16)]

        def bulk():
            for endpoint in self.served.endpoints[:2]:
                self.assertTrue(self.exchange(endpoint, thick, send), endpoint)
        self.until_spliced(bulk)
        echotest.wait_for(lambda: self.served.sockets() == base)
        self.assertNotIn("/dev/null", [target for number, target
                                       in self.served.descriptors().items() if number > 2])

    def test_thick_and_thin(self):
        """Bulk, small messages, bulk again, then the end, on one connection."""
        def bulk():
            for endpoint in self.served.endpoints:
                with echotest.connect(endpoint) as sock:
                    for turn in range(3):
                        data = echotest.block(4 << 20, seed=turn)
                        sender = threading.Thread(target=sock.sendall, args=(data,))
                        sender.start()
                        self.assertTrue(echotest.receive_exactly(sock, len(data)) == data, endpoint)
                        sender.join()
                        for number in range(200):
                            data = echotest.block(1 + number, seed=number)
                            sock.sendall(data)
                            self.assertEqual(echotest.receive_exactly(sock, len(data)), data)
                    sock.shutdown(socket.SHUT_WR)
                    self.assertEqual(echotest.receive_to_end(sock), b"")
        self.until_spliced(bulk)


if __name__ == "__main__":
    unittest.main()
