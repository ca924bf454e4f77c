# SPDX-License-Identifier: ISC
"""A start that fails says why in one line, exits 2 and leaves nothing behind."""

import os
import socket
import unittest

import echotest


class StartFailures(echotest.TestCase):
    def refused(self, *arguments, **options):
        failure = self.refusal(*arguments, **options)
        lines = failure.text.splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def holders(self):
        """Sockets that somebody else has: {endpoint: socket}, one for each kind."""
        result = {}
        for endpoint in self.endpoints("unix:" + self.path("held"), "unix:@" + self.path("held"),
                                       "127.0.0.1:0", "[::1]:0"):
            sock, peer = echotest.socket_for(endpoint)
            self.addCleanup(sock.close)
            sock.bind(peer)
            sock.listen()
            if sock.family != socket.AF_UNIX:
                endpoint = endpoint[:-1] + str(sock.getsockname()[1])
            result[endpoint] = sock
        return result

    def test_each_of_four_listeners(self):
        for held in self.holders():
            for place in range(4):
                ours = ["unix:" + self.path("a"), "unix:@" + self.path("b"), "127.0.0.1:0"]
                ours.insert(place, held)
                self.assertIn(held + ":", self.refused(*ours))
                self.assertEqual(os.listdir(self.directory), ["held"])
                # The abstract name is free again as well.
                self.server("unix:@" + self.path("b")).stop()

    def faulty(self, script):
        return {"program": os.path.join(echotest.BUILD, "tests", "system", "echo-server-faulty"),
                "environment": {**os.environ, "ECHO_FAULTS": script}}

    def test_address_that_the_machine_lacks(self):
        """One of the addresses of a name is left out with a warning while another binds; that of
        a literal, and the last one, are errors."""
        self.need("IPv6")
        for word in ("EADDRNOTAVAIL", "EAFNOSUPPORT"):
            server = self.server("-w", "1", "--allow-root", "*:0",
                                 **self.faulty("bind:%s@2" % word))
            self.assertEqual(len(server.endpoints), 1, server.endpoints)
            port = server.endpoint.rsplit(":", 1)[1]
            self.assertEqual(echotest.exchange("127.0.0.1:" + port, b"hello"), b"hello")
            skipped = server.wait_log(r"warning address-skipped (.*)\n")
            self.assertEqual(len(skipped), 1)
            self.assertRegex(skipped[0], r'^listener=\*:0 address=\[::\]:\d+ why="')
            self.assertEqual(server.stop(), 0)
            self.assertIn("bind 127.0.0.1:0: ",
                          self.refused("127.0.0.1:0", **self.faulty("bind:%s" % word)))
            how = self.faulty("bind:%s" % word)
            status, _, errors = echotest.run(how["program"], "-w", "1", "--allow-root", "*:0",
                                             env=how["environment"])
            self.assertEqual((status, errors.count("address-skipped")), (2, 2), errors)
            self.assertRegex(errors.splitlines()[-1], r"^echo-server: bind \[::\]:0: ")

    def test_port_in_use(self):
        """Not half of the connections, whatever the number of workers of either."""
        for first, second in ((1, 1), (1, 4), (4, 1), (4, 4)):
            server = self.server("127.0.0.1:0", "-w", str(first))
            sentence = self.refused(server.endpoint, "-w", str(second))
            self.assertIn("bind %s: another program holds this port" % server.endpoint, sentence)
            self.assertRegex(sentence, "Address already in use|Address in use")  # musl
            self.assertEqual(server.stop(), 0)

    def test_same_endpoint_twice(self):
        path = "unix:" + self.path()
        self.assertIn(path, self.refused(path, path))
        self.assertEqual(os.listdir(self.directory), [])

    def test_same_address_in_two_spellings(self):
        os.symlink(self.directory, self.path("link"))
        server = self.server("127.0.0.1:0")
        port = server.endpoint.rsplit(":", 1)[1]
        self.assertEqual(server.stop(), 0)
        for first, second in (("unix:" + self.path(), "unix:" + self.path("link/echo.sock")),
                              ("127.0.0.1:" + port, "tcp4:localhost:" + port)):
            sentence = self.refused(first, second)
            self.assertIn("%s: the listener %s already has the address " % (second, first),
                          sentence)
            self.assertIn("; remove one of the two", sentence)
            self.assertEqual(os.listdir(self.directory), ["link"])

    def test_port_again_at_once(self):
        """Connections of an earlier run in TIME_WAIT do not keep the port."""
        conf = self.write("conf", 'shutdown = { grace = "0"; };')
        server = self.server("-c", conf, "127.0.0.1:0")
        for _ in range(5):
            with echotest.connect(server.endpoint) as client:
                client.sendall(b"x")
                echotest.receive_exactly(client, 1)
                server.process.terminate()
                self.assertEqual(client.recv(1), b"")  # the server ends first, so it waits
            self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
            server = self.server("-c", conf, server.endpoint)

    def test_descriptor_limit(self):
        for number in range(3, 80):
            try:
                server = self.server("unix:" + self.path(), "127.0.0.1:0", "-w", "2",
                                     preexec=echotest.limit_descriptors(number))
            except echotest.NotReady as failure:
                self.assertIn(failure.status, (2, 127), failure.text)  # 127: the dynamic linker
                self.assertEqual(os.listdir(self.directory), [], number)
                self.assertGreater(len(failure.text), 20)
                continue
            self.assertEqual(echotest.exchange(server.endpoint, b"with few"), b"with few")
            self.assertEqual(server.stop(), 0)
            break
        else:
            self.fail("80 descriptors are enough")

    def test_running_as_root(self):
        self.need("root")
        sentence = self.refused("tcp4:*:0", "unix:" + self.path())
        self.assertIn("root", sentence)
        self.assertIn("--allow-root", sentence)
        self.assertIn("allow_root = true", sentence)
        self.assertEqual(os.listdir(self.directory), [])
        conf = self.write("conf", 'listeners = ({ endpoint = "*:0"; }); allow_root = true;')
        server = self.server("-c", conf)
        server.wait_log("running-as-root")
        server = self.server("--allow-root", "0.0.0.0:0")
        server.wait_log("running-as-root")
        port = server.endpoint.rsplit(":", 1)[1]
        self.assertEqual(echotest.exchange("127.0.0.1:" + port, b"hello"), b"hello")
        server = self.server("127.0.0.1:0", "unix:" + self.path())
        self.assertEqual(len(server.wait_log("warning running-as-root")), 1)


if __name__ == "__main__":
    unittest.main()
