# SPDX-License-Identifier: ISC
"""Failures under load: each counted by its word, with the right exit status, never as latency."""

import json
import os
import signal
import socket
import subprocess
import unittest

import badpeers
import echotest

LATE = 1000003


def breaks_late(conn):
    """One byte in a million is wrong."""
    offset = 0
    for data in badpeers.chunks(conn):
        at = LATE - offset
        offset += len(data)
        if 0 <= at < len(data):
            data = data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1:]
        badpeers.send_rest(conn, data)


def holds_a_byte_back(conn):
    """Always owes the last byte that it was sent."""
    held = b""
    for data in badpeers.chunks(conn):
        data = held + data
        held = data[-1:]
        badpeers.send_rest(conn, data[:-1])


# Behaviour, the words it may be counted by, exit status.
BAD = (
    ("drops-a-byte", {"CORRUPT"}, 4),
    ("changes-a-byte", {"CORRUPT"}, 4),
    ("reorders-blocks", {"CORRUPT"}, 4),
    ("adds-a-banner", {"CORRUPT", "EXTRA"}, 4),  # by whether it comes before the first message
    ("answers-twice", {"EXTRA"}, 4),
    ("resets", {"RESET"}, 5),
    ("closes-at-once", {"EOF"}, 5),
)
SILENT = ("never-answers", "cuts-the-tail", holds_a_byte_back)


class Failures(echotest.TestCase):
    def bench(self, *arguments):
        status, output, errors = echotest.run(echotest.BENCH, "-j", *arguments)
        self.assertEqual(errors, "")
        return status, json.loads(output)

    def test_late_difference(self):
        """A difference far into a stream is found, and its place is named."""
        for options in (("--bulk", "-n", "2000", "-s", "1000"), ("-n", "2000", "-s", "1000")):
            with badpeers.serve(breaks_late, self.path()) as peer:
                status, result = self.bench(*options, "-c", "1", "--warmup", "0", peer.endpoint)
            self.assertEqual(status, 4)
            self.assertEqual(result["errors"], {"CORRUPT": 1})
            difference = result["first_difference"]
            self.assertEqual(difference["offset"], LATE)
            self.assertEqual(difference["sent"] ^ difference["got"], 0x80)

    def test_every_byte_is_compared(self):
        """The first, the last and any other byte of a message."""
        for at in range(10):
            def changes(conn, at=at):
                for data in badpeers.chunks(conn):
                    badpeers.send_rest(conn, data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])

            with badpeers.serve(changes, self.path()) as peer:
                status, result = self.bench("-n", "1", "-s", "10", "-c", "1", "--warmup", "0",
                                            peer.endpoint)
            self.assertEqual((status, result["first_difference"]["offset"]), (4, at))

    def test_timeout_of_each_connection(self):
        """A connection that owes an echo is given up and replaced while the run goes on."""
        with badpeers.serve("never-answers", self.path()) as peer:
            status, result = self.bench("-d", "0.5", "-c", "1", "--warmup", "0", "--timeout",
                                        "0.05", peer.endpoint)
        self.assertEqual(status, 1)
        self.assertGreater(result["errors"]["TIMEOUT"], 2)
        self.assertEqual(result["errors"]["TIMEOUT"], result["lost"])

    def test_difference_as_text(self):
        with badpeers.serve(breaks_late, self.path()) as peer:
            status, output, _ = echotest.run(echotest.BENCH, "-n", "2000", "-s", "1000", "-c", "1",
                                             "--warmup", "0", peer.endpoint)
        self.assertEqual(status, 4)
        self.assertRegex(output, r"(?m)^errors +CORRUPT 1 +$")
        self.assertRegex(output, r"(?m)^first +CORRUPT at offset 1000003: sent .., got .. ")

    def test_difference_after_merging(self):
        paths = self.path("first.json"), self.path("second.json")
        with badpeers.serve(breaks_late, self.path()) as peer:
            for path in paths:
                status, _, _ = echotest.run(echotest.BENCH, "-n", "2000", "-s", "1000", "-c", "1",
                                            "--warmup", "0", "-o", path, peer.endpoint)
                self.assertEqual(status, 4)
        with open(paths[0], encoding="utf-8") as file:
            alone = json.loads(file.read())
        status, merged = self.bench("--merge", *paths)
        self.assertEqual(status, 4)
        self.assertEqual(merged["errors"], {"CORRUPT": 2})
        self.assertEqual(merged["first_difference"], alone["first_difference"])

    def test_unverified(self):
        """Without comparison the same server passes: it is comparison that finds it."""
        with badpeers.serve(breaks_late, self.path()) as peer:
            status, result = self.bench("-n", "2000", "-s", "1000", "-c", "1", "--warmup", "0",
                                        "--verify", "none", peer.endpoint)
        self.assertEqual((status, result["errors"]), (0, {}))

    def test_words(self):
        for behaviour, words, expected in BAD:
            with self.subTest(behaviour), badpeers.serve(behaviour, self.path()) as peer:
                status, result = self.bench("-n", "4", "-c", "2", "--warmup", "0", peer.endpoint)
                self.assertEqual(status, expected, result["errors"])
                self.assertLessEqual(set(result["errors"]), words)
                self.assertEqual((result["messages"], result["latency"]["count"]), (0, 0))
                self.assertEqual(result["lost"], 4)

    def test_extra_after_the_half_close(self):
        """Every message is back, and then one byte more comes from each connection."""
        for options in ((), ("-R", "1000"), ("--bulk", "-s", "64"), ("--churn", "2")):
            with self.subTest(options), \
                    badpeers.serve("adds-a-byte-at-the-end", self.path()) as peer:
                status, result = self.bench("-n", "4", "-c", "2", "--idle", "1", "--warmup", "0",
                                            *options, peer.endpoint)
                self.assertEqual((status, result["errors"]), (4, {"EXTRA": 3}))
                self.assertEqual(result["bytes_received"], 256)
                self.assertEqual(result["first_difference"]["text"], "EXTRA 1 byte")

    def test_full_backlog(self):
        """A queue that stays full is a connection that was not made."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path())
            listener.listen(0)
            status, result = self.bench("-c", "3", "-n", "3", "--warmup", "0", "--timeout", "0.2",
                                        "unix:" + self.path())
        self.assertEqual((status, result["messages"]), (3, 0))
        self.assertEqual(set(result["connect_errors"]), {"TIMEOUT"})

    def test_silence(self):
        for behaviour in SILENT:
            with self.subTest(behaviour), badpeers.serve(behaviour, self.path()) as peer:
                status, result = self.bench("-d", "0.2", "-c", "2", "--warmup", "0", "--timeout",
                                            "0.1", peer.endpoint)
                self.assertEqual((status, set(result["errors"])), (1, {"TIMEOUT"}))
                self.assertEqual((result["messages"], result["latency"]["count"]), (0, 0))

    def test_lost_messages(self):
        """Each message is either echoed or lost, whatever the connections suffer."""
        answered = []

        def three_each(conn):
            for data in badpeers.chunks(conn):
                badpeers.send_rest(conn, data)
                answered.append(data)
                if len(answered) % 3 == 0:
                    return

        with badpeers.serve(three_each, self.path()) as peer:
            status, result = self.bench("-n", "60", "-c", "1", "--warmup", "0", peer.endpoint)
        self.assertEqual(status, 5)
        self.assertEqual(result["messages"] + result["lost"], 60)
        self.assertEqual(result["latency"]["count"], result["messages"])
        self.assertEqual(set(result["errors"]) - {"TRUNCATED", "RESET"}, set())

    def test_connections_that_fail(self):
        """The report says what was asked for, and what became of it."""
        for options in ((), ("--idle", "3")):
            # Its queue holds one connection, the attempt before the run.
            with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
                status, output, _ = echotest.run(
                    echotest.BENCH, "-c", "8", "-n", "8", "--warmup", "0", "--timeout", "0.2",
                    *options, "127.0.0.1:%d" % listener.getsockname()[1])
            self.assertEqual(status, 3)
            self.assertRegex(output, r"(?m)^errors +TIMEOUT \d+ \(connecting\)")
            if options:
                self.assertRegex(output, r"(?m)^ +8 connections and 3 idle, 1 thread$")
                self.assertRegex(output, r"(?m)^ +only 0 were open when .*, and 0 idle$")
            else:
                self.assertRegex(output, r"(?m)^ +8 connections, 1 thread$")
                self.assertRegex(output, r"(?m)^ +only 0 were open when the load began$")

    def test_refused(self):
        status, output, errors = echotest.run(echotest.BENCH, self.path())
        self.assertEqual((status, output), (3, ""))
        self.assertRegex(errors, r"^echo-bench: unix:\S+: NOENT: .+\n$")
        status, output, errors = echotest.run(echotest.BENCH, "-j", self.path())
        self.assertEqual(status, 3)
        self.assertEqual(json.loads(output)["error"]["word"], "NOENT")

    def test_server_goes_away(self):
        """Refused while it runs: counted as that, and the run goes on to its end."""
        server = self.server("localhost:0", expect_status=None)
        process = subprocess.Popen(
            [echotest.BENCH, "-j", "--interval", "0.1", "-d", "0.6", "-c", "4", "--warmup", "0",
             server.endpoint], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = json.loads(process.stdout.readline())
        self.assertEqual(first["type"], "interval")
        server.stop(signal.SIGKILL)
        output, errors = process.communicate(timeout=echotest.PATIENCE)
        result = json.loads(output.splitlines()[-1])
        self.assertEqual(errors, b"")
        self.assertEqual(result["type"], "result")
        self.assertGreater(result["connect_errors"]["REFUSED"], 0)
        self.assertEqual(result["messages"], result["latency"]["count"])
        self.assertIn(process.returncode, (3, 5))

    def test_no_ports(self):
        """The closed connections of 20 ports hold them: our limit, and not the server's."""
        self.need(echotest.NAMESPACES)
        ready = self.path("ready")
        os.mkfifo(ready)
        # The first process of the namespace; when it ends, the kernel ends the server.
        script = ("ip link set lo up; echo 40000 40019 >/proc/sys/net/ipv4/ip_local_port_range; "
                  "'%s' -q --ready-fd 3 127.0.0.1:7777 3>'%s' >/dev/null & cat '%s' >/dev/null; "
                  "\"$@\"" % (echotest.SERVER, ready, ready))
        status, output, errors = echotest.run(
            "unshare", "-rn", "--pid", "--fork", "--kill-child", "sh", "-c", script,
            "sh", echotest.BENCH, "-j", "--churn", "3", "-n", "300", "-c", "5",
            "--warmup", "0", "--timeout", "0.3", "127.0.0.1:7777")
        self.assertEqual(status, 2, errors)
        result = json.loads(output)
        self.assertGreater(result["local_limits"]["ports"], 0)
        self.assertEqual((result["errors"], result["connect_errors"]), ({}, {}))
        # The probe at the beginning takes one port, each connection carries three messages.
        self.assertEqual(result["messages"], 3 * 19)

    def test_foreign_source(self):
        """An address that this machine lacks is our mistake and not the server's."""
        server = self.server("127.0.0.1:0")
        status, _, errors = echotest.run(echotest.BENCH, "--source", "192.0.2.1",
                                         server.endpoint)
        self.assertEqual(status, 2)
        self.assertIn("not an address of this machine", errors)

    def test_sources(self):
        server = self.server("127.0.0.1:0")
        status, result = self.bench("--source", "127.0.0.2,127.0.0.3", "-n", "10", "--warmup", "0",
                                    server.endpoint)
        self.assertEqual((status, result["messages"]), (0, 10))


if __name__ == "__main__":
    unittest.main()
