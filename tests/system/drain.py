# SPDX-License-Identifier: ISC
"""What a drain does with those who do not leave, and what may happen meanwhile."""

import re
import select
import signal
import socket
import time
import unittest

import echotest


class Drain(echotest.TestCase):
    def start(self, grace, extra="", linger="2s", **options):
        """One Unix and one TCP listener."""
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                                  '{ endpoint = "127.0.0.1:0"; });\n'
                                  'shutdown = { grace = "%s"; linger = "%s"; };\n%s'
                          % (self.path(), grace, linger, extra))
        return self.server("-c", file, **options)

    def drain(self, server):
        server.send_signal(signal.SIGTERM)
        server.wait_log("draining")

    def test_silent_clients_are_ended(self):
        server = self.start("100ms")
        clients = [self.client(endpoint) for endpoint in server.endpoints for _ in range(5)]
        for client in clients:
            client.sendall(b"hello")
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        self.drain(server)
        clients[0].shutdown(socket.SHUT_WR)
        for client in clients:
            self.assertEqual(echotest.receive_to_end(client), b"")
            client.close()
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        self.assertIn("draining connections=10 queued=0 grace=0.100s", server.log())
        self.assertIn("drained finished=1 cut=9", server.log())

    def test_grace_of_the_command_line(self):
        """A number without a unit is seconds; it overrides the file; 0 ends connections at once."""
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; });\n'
                                  'shutdown = { grace = "1h"; linger = "0"; };\n' % self.path())
        for words, told in ((["--grace", "0"], "0.000"), (["--grace=0.05"], "0.050"),
                            (["--grace", "50ms"], "0.050")):
            server = self.server("-c", file, *words)
            client = self.client(server.endpoint)
            client.sendall(b"hello")
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
            self.drain(server)
            self.assertEqual(client.recv(1), b"")
            self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
            self.assertIn("draining connections=1 queued=0 grace=%ss" % told, server.log())
            self.assertIn("drained finished=0 cut=1", server.log())

    def test_default_ends_in_time(self):
        """Container runtimes kill 10 s after TERM: by then grace and linger are over."""
        _, dump, _ = echotest.run(echotest.SERVER, "-T", "127.0.0.1:0")
        times = dict(re.findall(r'^  (grace|linger) = "(\d+)s";$', dump, re.M))
        self.assertEqual(sorted(times), ["grace", "linger"])
        self.assertLess(sum(map(int, times.values())), 10)
        server = self.server("127.0.0.1:0")
        self.drain(server)
        self.assertIn("grace=%s.000s" % times["grace"], server.log())

    def test_slow_reader_has_everything(self):
        """The grace ends with megabytes on the way: a client that goes on reading has them all, also
        when that takes longer than the linger time."""
        for number in range(2):
            server = self.start("0", 'buffer = "1MiB";', linger="300ms")
            client = self.client(server.endpoints[number], receive_buffer=4096)
            data = echotest.block(64 << 20)
            sent = echotest.fill(client, data)
            self.drain(server)
            server.wait_log("draining")
            back = bytearray()
            began = time.monotonic()
            while True:
                if time.monotonic() - began < 0.6:
                    select.select([], [], [], 0.01)  # slow is what it is
                piece = client.recv(4096)
                if not piece:
                    break
                back += piece
            self.assertGreater(time.monotonic() - began, 0.6)
            self.assertGreater(len(back), 100000)
            self.assertTrue(back == data[:len(back)])
            client.close()
            self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
            self.assertIn("drained finished=0 cut=1", server.log())

    def test_who_does_not_read_is_left(self):
        server = self.start("0", linger="300ms")
        client = self.client(server.endpoint)
        echotest.fill(client, bytes(64 << 20))
        began = time.monotonic()
        self.drain(server)
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        self.assertGreaterEqual(time.monotonic() - began, 0.25)
        self.assertIn("drained finished=0 cut=1", server.log())

    def test_second_signal_ends_it(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
            server = self.start("1h", expect_status=1)
            clients = [self.client(endpoint) for endpoint in server.endpoints for _ in range(3)]
            for client in clients:
                client.sendall(b"x")
                self.assertEqual(client.recv(1), b"x")
            server.send_signal(first)
            server.wait_log("draining")
            clients[0].close()
            server.send_signal(second)
            self.assertEqual(server.process.wait(echotest.PATIENCE), 1)
            finished, cut = re.search(r"drained finished=(\d) cut=(\d)", server.log()).groups()
            self.assertEqual(int(finished) + int(cut), 6)
            self.assertLessEqual(int(finished), 1)

    def test_who_waits_for_a_place_is_served(self):
        server = self.start("10s", "limits = { connections = 2; };")
        held = [self.client(server.endpoint) for _ in range(2)]
        for client in held:
            client.sendall(b"x")
            self.assertEqual(client.recv(1), b"x")
        waiting = [self.client(endpoint) for endpoint in server.endpoints for _ in range(20)]
        self.drain(server)
        for number, client in enumerate(held + waiting):
            client.sendall(echotest.block(5000, seed=number))
            client.shutdown(socket.SHUT_WR)
        for number, client in enumerate(held + waiting):
            self.assertEqual(echotest.receive_to_end(client), echotest.block(5000, seed=number))
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        self.assertIn("draining connections=42 queued=40", server.log())
        self.assertIn("drained finished=42 cut=0", server.log())

    def test_nobody_comes_in_any_more(self):
        server = self.start("1h", expect_status=1)
        client = self.client(server.endpoint)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        self.drain(server)
        for endpoint in server.endpoints:
            with self.assertRaises((ConnectionRefusedError, FileNotFoundError)):
                echotest.connect(endpoint)
        client.sendall(b"y")
        self.assertEqual(client.recv(1), b"y")
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(echotest.PATIENCE), 1)

    def test_reload_and_statistics_meanwhile(self):
        server = self.start("10s")
        client = self.client(server.endpoint)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        self.drain(server)
        server.send_signal(signal.SIGHUP)
        server.wait_log("reload-ignored")
        server.send_signal(signal.SIGUSR1)
        server.wait_log("statistics listener=total accepted=1 active=1 received=1 returned=1")
        client.close()
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        self.assertIn("drained finished=1 cut=0", server.log())

    def test_nobody_there(self):
        server = self.start("1h")
        self.assertEqual(server.stop(), 0)
        self.assertIn("drained finished=0 cut=0", server.log())


if __name__ == "__main__":
    unittest.main()
