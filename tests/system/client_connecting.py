# SPDX-License-Identifier: ISC
"""How the client gets its connection, and what it says when it gets none."""

import concurrent.futures
import json
import os
import signal
import socket
import struct
import subprocess
import time
import unittest

import badpeers
import echotest


# Every mode that waits for an echo: arguments, standard input, what is printed.
MODES = (
    (("hello", "you"), None, "hello\nyou\n"),
    ((), b"hello\n" * 1000, "hello\n" * 1000),
    (("--verify", "--size", "1MiB", "--seed", "1"), None, "OK 1048576 bytes in "),
    (("--ping", "-c", "2", "-i", "0"), None, "2 sent, 2 echoed, 0 lost, 0 corrupt, 0 late, "
                                            "0 broken, "),
    (("--check",), None, "ECHO OK - "),
    (("--selftest", "--silence", "0", "-q"), None, "11 exchanges, 11 ok, 0 failed\n"),
)


class Connecting(echotest.TestCase):
    def run_client(self, *arguments, **options):
        return echotest.run(echotest.CLIENT, *arguments, **options)

    def fails(self, word, *arguments):
        status, output, errors = self.run_client(*arguments, "hello")
        self.assertEqual((status, output), (3, ""), errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertIn(": %s: " % word, errors)
        return errors

    def test_words(self):
        path = self.path("stale")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
        self.assertIn("stale file?", self.fails("REFUSED", "unix:" + path))
        self.fails("NOENT", self.path("nothing"))
        self.fails("REFUSED", self.write("file", ""))
        self.fails("REFUSED", "unix:@echo-service-test-" + os.path.basename(self.directory))
        self.fails("DNS", "no-such-host.invalid:7")
        self.fails("SERVICE", "localhost:no-such-service")

    def test_nobody_listens(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can take it
            self.fails("REFUSED", "127.0.0.1:%d" % sock.getsockname()[1])

    def test_self_connection(self):
        """A socket that has reached itself is nobody's server. With a single ephemeral port the
        kernel cannot but give us the one that we ask for."""
        self.need(echotest.NAMESPACES)
        script = ("ip link set lo up && echo 45000 45000 >/proc/sys/net/ipv4/ip_local_port_range "
                  "&& exec \"$@\"")
        status, output, errors = echotest.run("unshare", "-rn", "sh", "-c", script, "sh",
                                              echotest.CLIENT, "127.0.0.1:45000", "hello")
        self.assertEqual((status, output), (3, ""), errors)
        self.assertIn(": SELF: ", errors)

    def test_full_backlog(self):
        """It is tried again on a timer, without spinning, until the server accepts."""
        server = self.full_backlog(self.path())
        process = subprocess.Popen([echotest.CLIENT, "-v", self.path(), "hello"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        start = time.monotonic()
        ticks = echotest.wait_for(lambda: time.monotonic() - start > 0.5 and
                                  self.cpu_ticks(process.pid) + 1) - 1
        self.assertLessEqual(ticks, 5)  # of 10 ms
        self.assertIsNone(process.poll())
        while process.poll() is None:
            conn, _ = server.accept()
            conn.settimeout(echotest.PATIENCE)
            data = conn.recv(100) if self.is_client(conn, process.pid) else b""
            if data:
                conn.sendall(data)
                process.wait(echotest.PATIENCE)
            conn.close()
        output, _ = process.communicate()
        self.assertEqual((process.returncode, output), (0, b"hello\n"))

    @staticmethod
    def cpu_ticks(pid):
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    @staticmethod
    def is_client(conn, pid):
        credentials = conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int.from_bytes(credentials[:4], "little") == pid

    def test_backlog_stays_full(self):
        self.full_backlog(self.path())
        self.assertIn("full", self.fails("TIMEOUT", self.path(), "--connect-timeout", "0.2"))

    def test_wait(self):
        """--wait: until the server is there, however late."""
        for kind in ("unix", "tcp"):
            with self.subTest(kind):
                if kind == "unix":
                    path, address = self.path("late"), self.path("late")
                    server = None
                else:
                    path = None
                    server = socket.socket()
                    server.bind(("127.0.0.1", 0))
                    address = "127.0.0.1:%d" % server.getsockname()[1]
                process = subprocess.Popen([echotest.CLIENT, "-v", "--wait", "30", address, "hello"],
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                echotest.read_line_with(process.stderr, b"failed")  # at least once
                if path:
                    peer = self.enterContext(badpeers.serve("exact", path))
                    self.assertEqual(peer.path, path)
                else:
                    server.listen()
                    conn, _ = server.accept()
                    conn.sendall(conn.recv(100))
                    conn.close()
                    server.close()
                output, _ = process.communicate(timeout=echotest.PATIENCE)
                self.assertEqual((process.returncode, output), (0, b"hello\n"))

    def test_wait_says_nothing_of_what_it_waited_out(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            endpoint = "127.0.0.1:%d" % server.getsockname()[1]
            process = subprocess.Popen([echotest.CLIENT, "-v", "-j", "--wait", "30", endpoint, "hello"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            echotest.read_line_with(process.stderr, b"REFUSED")
            server.listen()
            conn, _ = server.accept()
            with conn:
                conn.sendall(conn.recv(100))
                output, steps = process.communicate(timeout=echotest.PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assertEqual([json.loads(line)["type"] for line in output.splitlines()],
                         ["echo", "result"])
        self.assertNotIn(b"echo-client:", steps)

    def test_wait_for_the_first_echo(self):
        """A proxy accepts before the server behind it is there, and then breaks or ends the
        connection: that is waited out in every mode, and nothing is lost or said twice."""
        def proxy(conn):
            ends = conn.peer.ends
            end = ends.pop(0) if ends else "serve"
            if end == "serve":
                badpeers.exact(conn)
            if end == "reset after reading":
                conn.recv(1)
            if end in ("reset", "reset after reading"):
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        every_end = ["reset", "close", "reset after reading"]
        for arguments, data, output in MODES:
            with self.subTest(arguments), badpeers.serve(proxy) as peer:
                peer.ends = list(every_end)
                options = {"data": data} if data else {}
                status, text, errors = self.run_client("--wait", "60", peer.endpoint, *arguments,
                                                       **options)
                self.assertEqual((status, errors), (0, ""), text)
                self.assertIn(output, text)
                self.assertEqual(peer.ends, [])
                if arguments[:1] != ("--ping",):
                    self.assertEqual(text.count("\n"), output.rstrip("\n").count("\n") + 1, text)

    def test_wait_without_an_echo_ends(self):
        """What it waited for in vain is the error."""
        with badpeers.serve("closes-at-once", self.path()) as peer:
            for arguments in (("hello",), ("--verify",), ("--ping",), ("--selftest",)):
                with self.subTest(arguments):
                    status, output, errors = self.run_client("--wait", "1", peer.endpoint,
                                                             *arguments)
                    self.assertEqual((status, errors.count(": EOF: ")), (5, 1), errors)
                    self.assertGreater(peer.connections, 1)

    @staticmethod
    def in_every_mode(function):
        """Most of the time is spent waiting: all at once."""
        with concurrent.futures.ThreadPoolExecutor(len(MODES)) as pool:
            return list(zip(MODES, pool.map(lambda row: function(*row), MODES)))

    def test_wait_gives_silence_up(self):
        """A proxy may also accept and then say nothing: the next connection finds the server."""
        def silent_once(conn):
            if conn.peer.connections == 1:
                conn.peer.stopped.wait()
            badpeers.exact(conn)

        def run(arguments, data, _):
            with badpeers.serve(silent_once) as peer:
                options = {"data": data} if data else {}
                # Less than --timeout.
                return self.run_client("--wait", "9", peer.endpoint, *arguments, **options)
        for (arguments, _, output), (status, text, errors) in self.in_every_mode(run):
            with self.subTest(arguments):
                self.assertEqual((status, errors), (0, ""), text)
                self.assertIn(output, text)

    def test_wait_ends_in_silence(self):
        """--wait and --ping's -w are limits while the first echo is awaited too."""
        def run(arguments, data, _):
            with badpeers.serve(lambda conn: conn.peer.stopped.wait()) as peer:
                limit = ("--wait", "0.3")
                if "--ping" in arguments:
                    limit = ("-w", "0.3", "--wait", "60")
                start = time.monotonic()
                options = {"data": data} if data else {}
                result = self.run_client(*limit, peer.endpoint, *arguments, **options)
                return result, time.monotonic() - start
        for (arguments, _, _), ((status, text, errors), seconds) in self.in_every_mode(run):
            with self.subTest(arguments):
                self.assertEqual(status, 2 if "--check" in arguments else 1, errors)
                self.assertEqual((text + errors).count(" STALLED: "), 1, text + errors)
                self.assertLess(seconds, 8)

    def test_wait_repeats_nothing_that_was_printed(self):
        """An empty message has its echo at once: what follows has the time of --timeout."""
        with badpeers.serve(lambda conn: conn.peer.stopped.wait()) as peer:
            status, output, errors = self.run_client("--wait", "60", "--timeout", "1.5",
                                                     peer.endpoint, "", "hello")
            self.assertEqual((status, output, peer.connections), (1, "\n", 1), errors)
            self.assertIn(": STALLED: 1.5 s at 0", errors)

    def test_wait_is_over_before_the_input_comes(self):
        """What is typed later has the time of --timeout."""
        with badpeers.serve("answers-late") as peer:
            process = subprocess.Popen([echotest.CLIENT, "--wait", "0.1", peer.endpoint],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            start = time.monotonic()
            echotest.wait_for(lambda: peer.connections and time.monotonic() - start > 0.2)
            output, _ = process.communicate(b"hello\n", timeout=echotest.PATIENCE)
            self.assertEqual((process.returncode, output, peer.connections), (0, b"hello\n", 1))

    def test_hints(self):
        """What people write who forgot the port, or the endpoint."""
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
            errors = self.fails("REFUSED", "127.0.0.1:%d" % port)
            self.assertIn("REFUSED: connect 127.0.0.1:%d: nothing is listening on this port\n" % port,
                          errors)
        for arguments, hint in (
                (("no-such-host.invalid", "17777"),
                 "; for port 17777 write no-such-host.invalid:17777\n"),
                (("no-such-host.invalid",),
                 "; an endpoint comes first, such as localhost:7777, then the messages\n"),
                (("no-such-host.invalid", "hello"),
                 "; an endpoint comes first, such as localhost:7777, then the messages\n")):
            with self.subTest(arguments):
                status, _, errors = self.run_client(*arguments)
                self.assertEqual(status, 3)
                self.assertTrue(errors.endswith(hint), errors)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(self.path("e.sock"))
            for arguments in (("e.sock", "hello"), ("e.sock",), ("e.sock", "7777")):
                with self.subTest(arguments):
                    status, _, errors = self.run_client(*arguments, cwd=self.directory)
                    self.assertEqual(status, 3)
                    self.assertTrue(errors.endswith(
                        " (for the Unix socket of that name write unix:e.sock)\n"), errors)
        status, _, errors = self.run_client("--ping", "localhost", "7777")
        self.assertEqual(status, 2)
        self.assertTrue(errors.endswith(": --ping takes no MESSAGE; for port 7777 write "
                                        "localhost:7777\n"), errors)

    def test_wait_ends(self):
        self.fails("NOENT", self.path("never"), "--wait", "0.2")

    def test_wait_does_not_hide_what_stays_wrong(self):
        start = time.monotonic()
        self.fails("SERVICE", "localhost:no-such-service", "--wait", "60")
        self.assertLess(time.monotonic() - start, 30)

    def test_interrupt(self):
        """INT while connecting ends the client."""
        self.full_backlog(self.path())
        process = subprocess.Popen([echotest.CLIENT, "-v", "--connect-timeout", "0", self.path(),
                                    "x"], stderr=subprocess.PIPE)
        self.assertIn(b"resolve", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(echotest.PATIENCE), -signal.SIGINT)
        process.stderr.close()


if __name__ == "__main__":
    unittest.main()
