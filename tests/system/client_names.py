# SPDX-License-Identifier: ISC
"""A name that moves, that comes late, and a name service that does not answer.

The tests run in namespaces of their own, in which /etc/hosts and the name server are the test's.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import badpeers
import echotest

INSIDE = "ECHO_TEST_INSIDE"
ENTER = ("unshare", "-rmn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh")

if os.environ.get(INSIDE):
    class Names(echotest.TestCase):
        def setUp(self):
            super().setUp()
            self.hosts = self.replace("/etc/hosts", "127.0.0.1 localhost\n")
            self.replace("/etc/nsswitch.conf", "hosts: files dns\n")
            self.replace("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30\n")

        def replace(self, path, text):
            """A file of our own in the place of a system's."""
            mine = self.write(os.path.basename(path), text)
            subprocess.run(["mount", "--bind", mine, path], check=True)
            self.addCleanup(subprocess.run, ["umount", path], check=True)
            return mine

        def name(self, address):
            """Where echo.test leads from now on; the file keeps its inode, which is mounted."""
            with open(self.hosts, "w", encoding="ascii") as file:
                file.write("%s echo.test\n" % address)

        def silent_name_server(self):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(sock.close)
            sock.bind(("127.0.0.1", 53))
            sock.settimeout(echotest.PATIENCE)
            return sock

        def start(self, *arguments):
            process = subprocess.Popen([echotest.CLIENT, *arguments], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)

            def end():
                process.kill()
                process.communicate()
            self.addCleanup(end)
            return process

        @staticmethod
        def listen(address, port=0):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen()
            return sock

        def test_moves(self):
            """--ping asks for the name again for each new connection."""
            first = self.listen("127.0.0.1")
            port = first.getsockname()[1]
            second = self.listen("127.0.0.2", port)
            for extra in ((), ("--reconnect",)):
                with self.subTest(extra):
                    self.name("127.0.0.1")
                    process = self.start("--ping", "-i", "0.05", "-c", "2", *extra,
                                         "echo.test:%d" % port)
                    conn, _ = first.accept()
                    with conn:
                        data = echotest.receive_exactly(conn, 56)
                        self.name("127.0.0.2")
                        conn.sendall(data)
                        if not extra:
                            conn.shutdown(socket.SHUT_WR)
                        conn2, _ = second.accept()
                        with conn2:
                            conn2.sendall(echotest.receive_exactly(conn2, 56))
                            conn2.recv(1)
                    output, _ = process.communicate(timeout=echotest.PATIENCE)
                    self.assertIn("2 sent, 2 echoed, 0 lost", output)
            first.close()
            second.close()

        def test_comes_late(self):
            """--wait: a name that does not resolve yet."""
            self.replace("/etc/nsswitch.conf", "hosts: files\n")
            with badpeers.serve("exact") as peer:
                port = peer.endpoint.rsplit(":", 1)[1]
                process = self.start("-v", "--wait", "60", "echo.test:" + port, "hello")
                for _ in range(2):  # the second attempt: the first has failed
                    self.assertIn("getaddrinfo", process.stderr.readline())
                self.name("127.0.0.1")
                output, errors = process.communicate(timeout=echotest.PATIENCE)
            self.assertEqual((process.returncode, output), (0, "hello\n"))
            self.assertNotIn("echo-client:", errors)

        def test_no_answer(self):
            """Every deadline counts in the name service too."""
            self.silent_name_server()
            for arguments in (("--connect-timeout", "0.3", "echo.test:7", "hello"),
                              ("--ping", "-w", "0.3", "echo.test:7"),
                              ("--ping", "-W", "0.3", "echo.test:7"),
                              ("--wait", "0.3", "echo.test:7", "hello"),
                              ("--check", "--connect-timeout", "0.3", "echo.test:7")):
                with self.subTest(arguments):
                    start = time.monotonic()
                    status, output, errors = echotest.run(echotest.CLIENT, *arguments)
                    self.assertLess(time.monotonic() - start, 15)
                    self.assertEqual(status, 2 if arguments[0] == "--check" else 3)
                    self.assertIn(" TIMEOUT: resolve \"echo.test\": the name service does not "
                                  "answer\n", output + errors)

        def test_interrupt(self):
            """^C ends a ping that reconnects while the name service does not answer, with its
            statistics."""
            listener = self.listen("127.0.0.1")
            port = listener.getsockname()[1]
            self.name("127.0.0.1")
            server = self.silent_name_server()
            process = self.start("--ping", "-i", "0.05", "-W", "60", "echo.test:%d" % port)
            conn, _ = listener.accept()
            with conn, listener:
                data = echotest.receive_exactly(conn, 56)
                with open(self.hosts, "w", encoding="ascii"):
                    pass
                conn.sendall(data)
            server.recv(1000)  # it asks
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=echotest.PATIENCE)
            self.assertEqual(process.returncode, 5, output)
            self.assertIn("1 sent, 1 echoed, 0 lost, 0 corrupt, 0 late, 1 broken", output)
else:
    class Inside(echotest.TestCase):
        def test_localhost(self):
            with badpeers.serve("exact") as peer:
                endpoint = "tcp4:localhost:" + peer.endpoint.rsplit(":", 1)[1]
                self.assertEqual(echotest.run(echotest.CLIENT, endpoint, "hello"),
                                 (0, "hello\n", ""))

        def test_all(self):
            self.need(echotest.NAMESPACES)
            result = subprocess.run([*ENTER, sys.executable, "-B", __file__], check=False,
                                    stderr=subprocess.PIPE, text=True,
                                    env=dict(os.environ, **{INSIDE: "1"}))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stderr, r"Ran 4 tests")


if __name__ == "__main__":
    unittest.main()
