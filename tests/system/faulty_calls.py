# SPDX-License-Identifier: ISC
"""System calls that fail, are interrupted or do half of what was asked: no byte of it shows.

echo-server-faulty is the server linked with tests/lib/faults.c, which describes the scripts.
"""

import os
import unittest

import echotest

FAULTY = os.path.join(echotest.BUILD, "tests", "system", "echo-server-faulty")

# What a client must not notice: the script and how many KiB go through under it.
UNSEEN = (
    ("send:short=1", 64), ("send:short=7", 256), ("send:short=4095", 4096),
    ("recv:short=1", 64), ("recv:short=7", 256), ("recv:short=4095", 4096),
    ("recv:EINTR@+2", 4096), ("send:EINTR@+2", 4096), ("epoll_wait:EINTR@+2", 4096),
    ("recv:EAGAIN@+3", 4096), ("send:EAGAIN@+2", 4096), ("recv:EAGAIN p=0.4", 4096),
    ("send:short=7; recv:short=4095; send:EINTR@+5; recv:EAGAIN@+7; epoll_wait:EINTR@+3", 512),
    ("splice:short=1", 512), ("splice:short=7", 1024), ("splice:short=4095", 4096),
    ("splice:EINTR@+2", 8192), ("splice:EAGAIN@+2", 8192), ("splice:EAGAIN@+3", 8192),
    ("splice:short=30000; splice:EAGAIN@+5; send:short=1000; splice:EINVAL@60,61", 8192),
    ("splice:EINVAL", 4096), ("splice:EINVAL@1", 4096), ("splice:EINVAL@2", 4096),
    ("splice:EINVAL@3,8,13", 8192), ("splice:EINVAL@+4", 8192),
    ("splice:short=5000; splice:EINVAL@+6", 8192),
    ("pipe:EMFILE", 4096), ("pipe:ENFILE@1", 4096), ("allocate:ENOMEM@60,+1", 1),
)

# accept(2): "treat these like EAGAIN", and what says that descriptors or memory have run out.
GONE = ("ECONNABORTED", "EPROTO", "ENETDOWN", "ENOPROTOOPT", "EHOSTDOWN", "ENONET", "EHOSTUNREACH",
        "EOPNOTSUPP", "ENETUNREACH", "EPERM", "ETIMEDOUT", "EINTR", "EAGAIN")
EXHAUSTED = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")
BROKEN = ("EBADF", "EINVAL", "ENOTSOCK", "EFAULT")


class FaultyCalls(echotest.TestCase):
    def faulty(self, script, *arguments, **options):
        path = "unix:" + self.path("%d.sock" % len(os.listdir(self.directory)))
        return self.server(path, "127.0.0.1:0", *arguments, program=FAULTY,
                           environment={**os.environ, "ECHO_FAULTS": script}, **options)

    def expect_exact(self, server, size, script):
        data = echotest.block(size)
        for endpoint in server.endpoints:
            self.assertTrue(echotest.exchange(endpoint, data) == data, (script, endpoint))

    def expect_no_leak(self, server, before, script):
        echotest.wait_for(lambda: server.sockets() == before,
                          lambda: (script, server.descriptors()))
        self.assertEqual(server.stop(), 0, script)

    def test_unseen(self):
        for script, size in UNSEEN:
            server = self.faulty(script)
            before = server.sockets()
            self.expect_exact(server, size << 10, script)
            self.expect_no_leak(server, before, script)

    def test_accept(self):
        for word in GONE + EXHAUSTED:
            script = "accept:%s@1,2,4" % word
            server = self.faulty(script)
            before = server.sockets()
            for _ in range(3):
                self.expect_exact(server, 1000, script)
            self.expect_no_leak(server, before, script)

    def test_accept_broken(self):
        """An error that only our own bug can cause ends that listener, once; the other serves."""
        for word in BROKEN:
            server = self.faulty("accept:%s@1" % word, "-v")
            waiting = echotest.connect(server.endpoints[0])
            server.wait_log("listener-broken")
            data = echotest.block(1000)
            self.assertEqual(echotest.exchange(server.endpoints[1], data), data)
            waiting.close()
            server.wait_log("closed")
            self.assertEqual(server.log().count("listener-broken"), 1)
            self.assertEqual(server.log().count(" accept "), 1)
            self.assertEqual(server.stop(), 0)

    def test_no_listener_left(self):
        """Who cannot be reached any more does not seem to run; who is served is served to the end."""
        server = self.faulty("accept:EBADF@2,3", "-w", "1", expect_status=2)
        client = self.client(server.endpoints[0])
        client.sendall(b"hello")
        self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        for count, endpoint in enumerate(server.endpoints, 1):
            echotest.connect(endpoint).close()
            server.wait_log("listener-broken", count)
        server.wait_log("no-listener-left")
        client.sendall(b"hello")
        self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        client.close()
        self.assertEqual(server.process.wait(echotest.PATIENCE), 2)

    def test_allocation_sweep(self):
        """The n-th allocation fails: the start is refused, or one client is turned away."""
        data = echotest.block(1 << 20)
        refused = served = 0
        for number in range(1, 40):
            script = "allocate:ENOMEM@%d" % number
            path = self.path("%d.sock" % number)
            try:
                server = self.server("unix:" + path, "-w", "2", program=FAULTY,
                                     environment={**os.environ, "ECHO_FAULTS": script})
            except echotest.NotReady as failure:
                refused += 1
                self.assertEqual(failure.status, 2, script)
                self.assertRegex(failure.text, "Cannot allocate memory|Out of memory")  # musl
                self.assertFalse(os.path.exists(path), script)
                continue
            served += 1
            before = server.sockets()
            failures = 0
            for _ in range(4):
                back = self.exchange_or_less(server.endpoint, data)
                self.assertTrue(data.startswith(back), script)
                failures += back != data
            self.assertLessEqual(failures, 1, script)
            self.expect_no_leak(server, before, script)
        self.assertGreater(refused, 4)
        self.assertGreater(served, 4)

    def exchange_or_less(self, endpoint, data):
        """What came back before the connection failed, if it did."""
        back = bytearray()
        with echotest.connect(endpoint) as sock:
            try:
                sent = 0
                while sent < len(data):
                    sent += sock.send(data[sent:sent + 65536])
                    back += echotest.receive_exactly(sock, sent - len(back))
            except (AssertionError, ConnectionError):
                pass
        return bytes(back)


if __name__ == "__main__":
    unittest.main()
