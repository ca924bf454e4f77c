# SPDX-License-Identifier: ISC
"""mptcp: in all three programs; a peer that speaks plain TCP is served, and that is reported."""

import json
import os
import signal
import socket
import unittest

import echotest

FELL_BACK = "echo-client: %s: connected by IPPROTO_TCP: the peer does not speak IPPROTO_MPTCP\n"


class Mptcp(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.need("MPTCP")

    def client(self, *arguments):
        return echotest.run(echotest.CLIENT, *arguments)

    def result(self, *arguments):
        """The last object of the client's or the bench's report, and what it said beside it."""
        status, output, errors = echotest.run(*arguments)
        self.assertEqual(status, 0, errors)
        return json.loads(output.splitlines()[-1]), errors

    def test_both_speak_it(self):
        for written in self.endpoints("mptcp:127.0.0.1:0", "mptcp:[::1]:0"):
            server = self.server(written, "-v")
            endpoint = server.endpoint
            self.assertRegex(endpoint, r"^mptcp:.*:[1-9]\d*$")
            self.assertEqual(self.client(endpoint, "hello"), (0, "hello\n", ""))
            server.wait_log("peer=mptcp:")
            result, errors = self.result(echotest.CLIENT, "-j", "--verify", endpoint)
            self.assertEqual((result["address"], result["protocol"], errors),
                             (endpoint, "IPPROTO_MPTCP", ""))
            self.assertEqual(self.client("--selftest", endpoint)[0], 0)
            steps = self.client("-v", endpoint, "hello")[2]
            self.assertIn("SOCK_STREAM, IPPROTO_MPTCP", steps)
            self.assertIn(endpoint, steps)
            resolved = self.client("--resolve", endpoint)[1]
            self.assertRegex(resolved, "(?m)^protocol +IPPROTO_MPTCP$")
            self.assertIn(endpoint, resolved)

    def test_plain_server(self):
        plain = self.server("127.0.0.1:0").endpoint
        endpoint = "mptcp:" + plain
        self.assertEqual(self.client(endpoint, "hello"), (0, "hello\n", FELL_BACK % endpoint))
        self.assertEqual(self.client("--ping", "-q", "-c", "1", endpoint)[2], "")
        self.assertEqual(self.client("-4", endpoint, "hello")[:2], (0, "hello\n"))
        result, errors = self.result(echotest.CLIENT, "-j", "--verify", endpoint)
        self.assertEqual((result["endpoint"], result["address"], result["protocol"], errors),
                         (endpoint, plain, "IPPROTO_TCP", FELL_BACK % endpoint))

    def test_plain_client(self):
        """The log tells the two apart by the peer; urgent bytes of plain TCP stay in the stream."""
        server = self.server("mptcp:127.0.0.1:0", "-v")
        with echotest.connect(server.endpoint[len("mptcp:"):]) as sock:
            server.wait_log("peer=127.0.0.1:%d" % sock.getsockname()[1])
            for piece in (b"before", b"after"):
                sock.sendall(piece)
                self.assertEqual(echotest.receive_exactly(sock, len(piece)), piece)
                sock.send(b"!", socket.MSG_OOB)
                self.assertEqual(echotest.receive_exactly(sock, 1), b"!")

    def test_bench(self):
        server = self.server("mptcp:127.0.0.1:0", "127.0.0.1:0")
        arguments = (echotest.BENCH, "-c", "3", "-n", "300", "--warmup", "0")
        result, errors = self.result(*arguments, "-j", server.endpoints[0])
        self.assertEqual((result["messages"], result["connects"], result["fallbacks"], errors),
                         (300, 3, 0, ""))
        self.assertEqual(result["address"], server.endpoints[0])
        result, _ = self.result(*arguments, "-j", "mptcp:" + server.endpoints[1])
        self.assertEqual((result["messages"], result["connects"], result["fallbacks"]),
                         (300, 3, 3))
        text = echotest.run(*arguments, "mptcp:" + server.endpoints[1])[1]
        self.assertIn("\nfallback   3 connections by another protocol: the peer lacks it\n", text)
        self.assertNotIn("\nfallback ", echotest.run(*arguments, server.endpoints[0])[1])

    def test_one_space_of_ports(self):
        """A socket of TCP is not taken for one of MPTCP."""
        path = self.write("conf", 'listeners = ({ endpoint = "127.0.0.1:0"; });\n')
        server = self.server("-c", path)
        port = server.endpoint.rsplit(":", 1)[1]
        self.write("conf", 'listeners = ({ endpoint = "mptcp:127.0.0.1:%s"; });\n' % port)
        server.send_signal(signal.SIGHUP)
        server.wait_log("this server's own listener 127.0.0.1:0 still has 127.0.0.1:%s; remove it "
                        "in one reload and add mptcp:127.0.0.1:%s in the next" % (port, port))

    def test_kernel_without(self):
        room = (os.path.join(echotest.SOURCE, "tests", "room"), "no-mptcp")
        sentence = "socket mptcp:127.0.0.1:7777: this kernel has no MPTCP, or it is switched off " \
            "(sysctl net.mptcp.enabled)"
        for program, status in ((echotest.SERVER, 2), (echotest.CLIENT, 2), (echotest.BENCH, 2)):
            got, _, errors = echotest.run(*room, program, "mptcp:127.0.0.1:7777")
            if got == 77:
                self.need(echotest.NAMESPACES)
            self.assertIn(sentence, errors)
            self.assertEqual(got, status, (program, errors))


if __name__ == "__main__":
    unittest.main()
