# SPDX-License-Identifier: ISC
"""The service "info": a line that says which server answers and as whom it sees the client, then an
exact echo of which nothing is lost, doubled or counted wrongly."""

import json
import os
import re
import socket
import struct
import threading
import unittest

import echotest

CREDENTIALS = {"uid": os.getuid(), "gid": os.getgid(), "pid": os.getpid()}
ALWAYS = {"type", "server", "name", "listener", "transport", "local", "connection"}


def receive_line(sock):
    line = bytearray()
    while not line.endswith(b"\n"):
        line += echotest.receive_exactly(sock, 1)
    return bytes(line)


class Info(echotest.TestCase):
    def start(self, *endpoints, each="", more="", **options):
        listeners = ", ".join('{ endpoint = "%s"; service = "info"; %s}' % (
            endpoint.replace("\\", "\\\\").replace('"', '\\"'), each) for endpoint in endpoints)
        return self.server("-c", self.write("conf", "listeners = (%s);\n%s" % (listeners, more)),
                           **options)

    def everywhere(self, **options):
        return self.start(*self.endpoints("unix:" + self.path(), "127.0.0.1:0", "[::1]:0",
                                          "mptcp:127.0.0.1:0"), **options)

    def line(self, sock):
        """The object of the first line, which is JSON in ASCII, its fields in their order and all
        of them in the manual."""
        text = receive_line(sock).decode("ascii")
        self.assertTrue(text[:-1].isprintable(), text)
        fields = json.loads(text)
        with open(os.path.join(echotest.SOURCE, "man", "echo-server.conf.5"),
                  encoding="ascii") as page:
            section = re.search(r"\n\.Ss The service info\n(.*?)\n\.Ss ", page.read(), re.S)[1]
        told = re.findall(r"\.It Cm (\w+)", section)
        self.assertEqual([name for name in told if name in fields], list(fields))
        for name in fields.get("tcp", ()):
            self.assertIn(".Pq Cm %s\n" % name, re.sub(r" ?[,.]\n", "\n", section))
        return fields

    def test_what_it_says(self):
        server = self.everywhere()
        numbers = []
        for endpoint in server.endpoints:
            with self.subTest(endpoint):
                client = self.client(endpoint)
                fields = self.line(client)
                numbers.append(fields["connection"])
                scheme = endpoint.split(":")[0]
                expected = {"type": "info", "server": "echo-service " + VERSION,
                            "name": socket.gethostname(), "local": endpoint,
                            "transport": scheme if scheme in ("unix", "mptcp") else "tcp",
                            "connection": fields["connection"]}
                if scheme == "unix":
                    expected.update(CREDENTIALS, listener=endpoint)
                else:
                    host, port = client.getsockname()[:2]
                    expected["peer"] = "%s%s:%d" % (
                        "mptcp:" if scheme == "mptcp" else "",
                        "[%s]" % host if ":" in host else host, port)
                    expected["listener"] = endpoint.rsplit(":", 1)[0] + ":0"
                    expected["mptcp"] = scheme == "mptcp"
                    expected["tcp"] = {"mss": fields["tcp"]["mss"], "retransmits": 0,
                                       "rtt_us": fields["tcp"]["rtt_us"]}
                    self.assertIn(fields["tcp"]["mss"], range(500, 65536))
                self.assertEqual(fields, expected)
        self.assertEqual(len(set(numbers)), len(numbers))

    def test_a_peer_without_mptcp(self):
        self.need("MPTCP")
        server = self.start("mptcp:127.0.0.1:0")
        plain = server.endpoint.removeprefix("mptcp:")
        fields = self.line(self.client(plain))
        self.assertEqual((fields["transport"], fields["mptcp"], fields["local"]),
                         ("tcp", False, plain))

    def test_inherited_sockets(self):
        """What they are shows in the socket alone."""
        for family, address, transport in ((socket.AF_UNIX, self.path("held"), "unix"),
                                           (socket.AF_INET, ("127.0.0.1", 0), "tcp")):
            with socket.socket(family) as held:
                held.bind(address)
                held.listen()
                server = self.start("fd:%d" % held.fileno(), passed=[held.fileno()])
                with socket.socket(family) as client:
                    client.connect(held.getsockname())
                    fields = self.line(client)
                server.stop()
            self.assertEqual((fields["transport"], "tcp" in fields, "uid" in fields),
                             (transport, transport == "tcp", transport == "unix"))

    def test_odd_names(self):
        """Of the socket, the client, the listener and the server."""
        server = self.start(r'unix:@\xff"{\\%d' % os.getpid(), each=r'name = "\xc3\"=";',
                            more=r'server_name = "p\xf0d\\";')
        with socket.socket(socket.AF_UNIX) as client:
            name = b"\0\xfe\"\n%d" % os.getpid()
            client.bind(name)
            client.connect(b"\0\xff\"{\\%d" % os.getpid())
            fields = self.line(client)
        self.assertEqual(fields["local"], server.endpoint)
        self.assertEqual(fields["peer"], "unix:@\\xfe\"\\x0a%d" % os.getpid())
        self.assertEqual((fields["listener"], fields["name"]), (r'\xc3"=', r"p\xf0d\\"))

    def test_name(self):
        """What this machine is called is not told where others come in, unless it is set."""
        for more, options, expected in (("", [], None), ('server_name = "pod-7";', [], "pod-7"),
                                        ("", ["--name", "pod-8"], "pod-8"),
                                        ('server_name = "pod-7";', ["--name", "pod-9"], "pod-9")):
            file = self.write("conf", 'listeners = ({ endpoint = "tcp4:*:0"; service = "info"; });'
                                      "allow_root = true;" + more)
            server = self.server("-c", file, *options)
            client = self.client("127.0.0.1:" + server.endpoint.rsplit(":", 1)[1])
            self.assertEqual(self.line(client).get("name"), expected)

    def test_an_exact_echo_follows(self):
        """Of what is sent at once with the connect, of much, after a half-close, and counted."""
        server = self.everywhere(more='log = { level = "info"; };')
        for number, endpoint in enumerate(server.endpoints, 1):
            for size in (0, 1, 5, 1 << 20):
                with self.subTest(endpoint, size=size):
                    data = echotest.block(size)
                    back = echotest.exchange(endpoint, data)
                    line, _, rest = back.partition(b"\n")
                    json.loads(line)
                    self.assertTrue(rest == data)
                    server.wait_log("closed .*received=%d returned=%d .*reason=client-closed"
                                    % (size, size), number)

    def test_a_slow_reader(self):
        """Nothing is read before all that there is room for is sent."""
        server = self.everywhere()
        data = echotest.block(64 << 20)
        for endpoint in server.endpoints:
            with self.subTest(endpoint):
                client = self.client(endpoint)
                sent = echotest.fill(client, data)
                client.shutdown(socket.SHUT_WR)
                line, _, rest = echotest.receive_to_end(client).partition(b"\n")
                self.assertEqual(json.loads(line)["type"], "info")
                self.assertTrue(rest == data[:sent])

    def test_statistics(self):
        """They are of the echo alone, also while connections are open."""
        server = self.everywhere(workers=1)
        clients = [self.client(endpoint) for endpoint in server.endpoints]
        for client in clients:
            self.line(client)
            client.sendall(b"hello")
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
        server.send_signal(echotest.signal.SIGUSR1)
        server.wait_log("statistics listener=total accepted=%d active=%d received=%d returned=%d "
                        % (len(clients), len(clients), 5 * len(clients), 5 * len(clients)))

    def test_clients_that_are_gone(self):
        """By an end or a reset, at once: others are served, and nothing stays open."""
        server = self.everywhere()
        before = server.sockets()
        for endpoint in server.endpoints:
            for hard in (False, True):
                for _ in range(20):
                    client = echotest.connect(endpoint)
                    if hard:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
                    client.close()
            self.line(self.client(endpoint))
        echotest.wait_for(lambda: server.sockets() == before + len(server.endpoints))

    def test_many_at_once(self):
        server = self.everywhere(workers=4)
        data = echotest.block(100000)
        backs = []

        def talk(endpoint):
            backs.append(echotest.exchange(endpoint, data).partition(b"\n"))
        for endpoint in server.endpoints:
            threads = [threading.Thread(target=talk, args=[endpoint]) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(backs), 20 * len(server.endpoints))
        self.assertTrue(all(rest == data for _, _, rest in backs))
        numbers = {json.loads(line)["connection"] for line, _, _ in backs}
        self.assertEqual(len(numbers), len(backs))

    def test_settings(self):
        """What is wrong with them is said, and a dump of them is stable."""
        _, dumped, _ = echotest.run(echotest.SERVER, "-T", "--name", "p\"d", "-c", self.write(
            "conf", 'listeners = ({ endpoint = "localhost:0"; service = "info"; });'))
        self.assertIn('    service = "info";\n', dumped)
        self.assertIn('\nserver_name = "p\\"d";\n', dumped)
        again = echotest.run(echotest.SERVER, "-T", "-c", self.write("again", dumped))
        self.assertEqual(again, (0, dumped, ""))
        self.assertIn('--name: 256 bytes are more than 255', self.refusal(
            "--name", "x" * 256, "unix:" + self.path()).text)


VERSION = echotest.run(echotest.SERVER, "--version")[1].split()[1]

if __name__ == "__main__":
    unittest.main()
