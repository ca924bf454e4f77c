# SPDX-License-Identifier: ISC
"""--ping: the look, the counts and the exit status, whatever the server does."""

import concurrent.futures
import json
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

import badpeers
import echotest

COUNTS = re.compile(r"(\d+) sent, (\d+) echoed, (\d+) lost, (\d+) corrupt, (\d+) late, ")

TRANSCRIPT = r"""ECHO {0} 56 bytes
56 bytes from {0}: seq=1 time=\d+\.\d{{4}} ms
56 bytes from {0}: seq=2 time=\d+\.\d{{4}} ms
56 bytes from {0}: seq=3 time=\d+\.\d{{4}} ms
--- {0} echo statistics ---
3 sent, 3 echoed, 0 lost, 0 corrupt, 0 late, 0 broken, time \d+ ms
connect \d+\.\d{{3}} ms
rtt min/avg/max/mdev = \d+\.\d{{4}}/\d+\.\d{{4}}/\d+\.\d{{4}}/\d+\.\d{{4}} ms
rtt p50/p90/p99 = \d+\.\d{{4}}/\d+\.\d{{4}}/\d+\.\d{{4}} ms
"""

# behaviour: exit status, the word that is printed, and (echoed, lost, corrupt, late) of two pings
# with 0.5 s between and 2 s patience; None where it depends on the moment.
BAD_PEERS = {
    "exact": (0, None, (2, 0, 0, 0)),
    "drops-a-byte": (4, "CORRUPT", (0, 0, 2, 0)),
    "doubles-a-byte": (4, "CORRUPT", (0, 0, 2, 0)),
    "changes-a-byte": (4, "CORRUPT", (0, 0, 2, 0)),
    "reorders-blocks": (4, "CORRUPT", (0, 0, 2, 0)),
    "cuts-the-tail": (1, None, None),
    "answers-twice": (4, "EXTRA", (2, 0, 0, 0)),
    "resets": (5, "RESET", (0, 2, 0, 0)),
    "never-answers": (1, None, (0, 2, 0, 0)),
    "adds-a-banner": (4, "CORRUPT", (0, 0, 2, 0)),
    "closes-at-once": (5, "EOF", (0, 2, 0, 0)),
    "sends-escapes": (4, "CORRUPT", (0, 0, 2, 0)),
    "never-stops": (4, "EXTRA", (2, 0, 0, 0)),
    "ignores-the-end": (0, None, (2, 0, 0, 0)),
    "one-byte-pieces": (0, None, (2, 0, 0, 0)),
    "answers-at-the-end": (1, None, (0, 2, 0, 0)),
}


def counts(output):
    """(echoed, lost, corrupt, late) of the last statistics; every ping is one of the four."""
    sent, *rest = (int(number) for number in COUNTS.findall(output)[-1])
    if sent != sum(rest):
        raise AssertionError(output)
    return tuple(rest)


class Pings(echotest.TestCase):
    def ping(self, endpoint, *arguments):
        return echotest.run(echotest.CLIENT, "--ping", *arguments, endpoint)

    def start(self, endpoint, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        process = subprocess.Popen([echotest.CLIENT, "--ping", *arguments, endpoint],
                                   stderr=subprocess.PIPE, text=True, **options)

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def read_until(self, process, pattern):
        lines = []
        for line in process.stdout:
            lines.append(line)
            if re.search(pattern, line):
                return "".join(lines)
        raise AssertionError("no %r in %s" % (pattern, lines))

    def test_transcript(self):
        for path in (self.path(), None):
            with badpeers.serve("exact", path) as peer:
                status, output, errors = self.ping(peer.endpoint, "-c", "3", "-i", "0.05")
                self.assertEqual((status, errors), (0, ""))
                self.assertRegex(output, "^%s$" % TRANSCRIPT.format(re.escape(peer.endpoint)))
                time_ms = int(re.search(r"time (\d+) ms\n", output).group(1))
                self.assertGreaterEqual(time_ms, 100)

    def test_options(self):
        with badpeers.serve("exact", self.path()) as peer:
            for arguments in (("-s", "1"), ("-s", "1000000"), ("-i", "0"), ("--busy-poll",),
                              ("-i", "0", "--busy-poll"), ("--no-verify",)):
                with self.subTest(arguments):
                    status, output, _ = self.ping(peer.endpoint, "-c", "3", "-i", "0.01",
                                                  *arguments)
                    self.assertEqual((status, counts(output)), (0, (3, 0, 0, 0)), output)
            _, output, _ = self.ping(peer.endpoint, "-c", "2", "-i", "0", "-q")
            self.assertNotIn("seq=", output)
            self.assertEqual(counts(output), (2, 0, 0, 0))
            _, output, _ = self.ping(peer.endpoint, "-c", "2", "-i", "0", "-D")
            self.assertEqual(len(re.findall(r"^\[\d+\.\d{6}\] 56 bytes from", output, re.M)), 2)
            status, output, _ = self.ping(peer.endpoint, "-w", "0.3", "-i", "0.1")
            self.assertEqual(status, 0)
            self.assertLessEqual(counts(output)[0], 4)

    def test_bad_peers(self):
        def run(name):
            with badpeers.serve(name, self.path(name)) as peer:
                return self.ping(peer.endpoint, "-c", "2", "-i", "0.5", "-W", "2")
        with concurrent.futures.ThreadPoolExecutor(len(BAD_PEERS)) as pool:
            runs = {name: pool.submit(run, name) for name in BAD_PEERS}
        for name, (status, word, expected) in BAD_PEERS.items():
            with self.subTest(name):
                result = runs[name].result()
                self.assertEqual((result[0], result[2]), (status, ""), result)
                if word:
                    seq = r"seq=\d+ " if word == "CORRUPT" else ""
                    self.assertRegex(result[1], r"(?m)^from unix:\S+: %s%s: " % (seq, word))
                if expected:
                    self.assertEqual(counts(result[1]), expected, result[1])
                self.assertNotIn("\x1b", result[1])

    def test_broken_connections(self):
        """Between pings or in one: a line of its own, counted apart; each ping is one thing."""
        def answers_then_resets(conn):
            conn.sendall(echotest.receive_exactly(conn, 56))
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def answers_one_of_two(conn):
            conn.sendall(echotest.receive_exactly(conn, 112)[:56])
        rows = (
            # behaviour, arguments, pings, (echoed, lost), broken
            (answers_then_resets, ("-i", "0.4"), 3, (3, 0), 3),
            ("closes-when-idle", ("-i", "0.4"), 2, (2, 0), 1),
            (answers_one_of_two, ("-i", "0.02", "-W", "30"), 2, (1, 1), 1),
        )
        for behaviour, arguments, number, (echoed, lost), broken in rows:
            with self.subTest(behaviour), badpeers.serve(behaviour) as peer:
                status, output, errors = self.ping(peer.endpoint, "-c", str(number), *arguments)
                self.assertEqual((status, errors), (5, ""), output)
                self.assertEqual(counts(output), (echoed, lost, 0, 0), output)
                self.assertIn(", %d broken, " % broken, output)
                self.assertEqual(len(re.findall(r"^\d+ bytes from \S+ seq=", output, re.M)), echoed)
                self.assertEqual(len(re.findall(r"^from \S+ (?:RESET|EOF|TRUNCATED): ", output,
                                                re.M)), broken, output)
                status, output, _ = self.ping(peer.endpoint, "-c", str(number), "-j", *arguments)
                objects = [json.loads(line) for line in output.splitlines()]
                seqs = [o["seq"] for o in objects if "seq" in o]
                self.assertEqual((status, len(seqs), len(set(seqs))), (5, echoed, echoed), output)
                self.assertEqual(objects[-1]["broken"], broken)
                self.assertEqual(sum(o["type"] == "broken" for o in objects), broken)

    def test_many_outstanding(self):
        """4096 pings on their way: each gets its own answer; without any the connection is given
        up, and the next ping has a new one."""
        def answers_all_at_once(conn):
            conn.sendall(echotest.receive_exactly(conn, 4096 * 56))
            badpeers.exact(conn)
        with badpeers.serve(answers_all_at_once, self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "4100", "-i", "1us", "-W", "60")
            self.assertEqual((status, counts(output), peer.connections), (0, (4100, 0, 0, 0), 1))
            self.assertEqual(re.findall(r" seq=(\d+) ", output),
                             [str(seq) for seq in range(1, 4101)])
        with badpeers.serve("never-answers", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "4098", "-i", "1us", "-W", "1")
            self.assertEqual((status, counts(output), peer.connections), (1, (0, 4098, 0, 0), 2))
            self.assertEqual(re.findall(r"^from .*", output, re.M), [
                "from %s: STALLED: 4096 pings without an answer" % peer.endpoint])

    def test_deadline(self):
        """-w and -W count while connecting too; -w also while the last end is waited for."""
        with badpeers.serve("ignores-the-end", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "1", "-w", "0.3")
            self.assertEqual((status, counts(output)), (0, (1, 0, 0, 0)))
            self.assertLess(int(re.search(r"time (\d+) ms\n", output).group(1)), 900)
        self.full_backlog(self.path("full"))
        for arguments in (("-w", "0.3"), ("-W", "0.3"), ("-w", "0.3", "--wait", "60")):
            with self.subTest(arguments):
                start = time.monotonic()
                status, _, errors = self.ping(self.path("full"), *arguments)
                self.assertEqual((status, errors.count(": TIMEOUT: ")), (3, 1), errors)
                self.assertLess(time.monotonic() - start, 8)

    def test_total_loss(self):
        """Statistics are printed all the same, without times that nobody measured."""
        with badpeers.serve("never-answers", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "2", "-i", "0.05", "-W", "0.1", "-O")
        self.assertEqual((status, counts(output)), (1, (0, 2, 0, 0)))
        self.assertIn("\nno answer yet for seq=1\n", output)
        self.assertIn("\nconnect ", output)
        self.assertNotIn("rtt", output)

    def test_late_answer(self):
        """It belongs to its own ping and never to the next one."""
        def answers_with_the_second(conn):
            first = echotest.receive_exactly(conn, 56)
            conn.sendall(first + echotest.receive_exactly(conn, 56))
            badpeers.exact(conn)
        with badpeers.serve(answers_with_the_second, self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "2", "-i", "0.8", "-W", "0.5")
        self.assertEqual((status, counts(output)), (1, (1, 0, 0, 1)), output)
        late = re.search(r"seq=1 time=(\S+) ms \(late\)\n", output)
        self.assertGreaterEqual(float(late.group(1)), 500)
        self.assertRegex(output, r"seq=2 time=\S+ ms\n")

    def test_several_on_the_way(self):
        """An interval shorter than the answer's time: every ping still gets its own answer."""
        with badpeers.serve("answers-late", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "4", "-i", "0.1", "-W", "30")
        self.assertEqual((status, counts(output)), (0, (4, 0, 0, 0)), output)
        self.assertEqual(re.findall(r"seq=(\d)", output), ["1", "2", "3", "4"])
        self.assertGreaterEqual(float(re.search(r"seq=1 time=(\S+)", output).group(1)), 400)

    def test_interrupt(self):
        with badpeers.serve("exact", self.path()) as peer:
            process = self.start(peer.endpoint, "-i", "0.05")
            self.read_until(process, "seq=2 ")
            process.send_signal(signal.SIGQUIT)  # statistics, and on
            self.read_until(process, "^rtt p50")
            self.read_until(process, "seq=")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=echotest.PATIENCE)
            self.assertEqual(process.returncode, 0)
            self.assertGreater(counts(output)[0], 2)

    def test_signals_before_the_first_ping(self):
        """There is nothing to print: each ends the program, which the shell can then tell."""
        with badpeers.serve(lambda conn: conn.peer.stopped.wait(), self.path("silent")) as peer:
            for endpoint, step in ((self.path("nothing"), "failed"), (peer.endpoint, "send: ")):
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
                    with self.subTest(endpoint=endpoint, number=number):
                        process = self.start(endpoint, "-v", "--wait", "60", preexec_fn=lambda:
                                             resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
                        echotest.read_line_with(process.stderr, step)
                        process.send_signal(number)
                        output, _ = process.communicate(timeout=echotest.PATIENCE)
                        self.assertEqual((process.returncode, output), (-number, ""))

    def test_interrupt_of_a_loop_that_never_sleeps(self):
        with badpeers.serve("exact", self.path()) as peer:
            process = self.start(peer.endpoint, "-i", "0", "--busy-poll")
            self.read_until(process, "seq=20 ")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=echotest.PATIENCE)
            self.assertEqual(process.returncode, 0, output[-300:])

    def test_blocked_signals(self):
        """A parent that blocks them, as some do before they start threads, does not make a ping that
        nothing can stop."""
        every = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), badpeers.serve("exact", self.path()) as peer:
                process = self.start(peer.endpoint, "-i", "0.05", preexec_fn=lambda:
                                     signal.pthread_sigmask(signal.SIG_BLOCK, every))
                self.read_until(process, "seq=2 ")
                process.send_signal(number)
                output, _ = process.communicate(timeout=echotest.PATIENCE)
                self.assertEqual(process.returncode, 0)
                self.assertGreaterEqual(counts(output)[0], 2)

    def test_ignored_signals(self):
        """What the parent has chosen to ignore, as nohup does, stays ignored."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
            with self.subTest(number), badpeers.serve("exact", self.path()) as peer:
                process = self.start(peer.endpoint, "-i", "0.02", preexec_fn=lambda number=number:
                                     signal.signal(number, signal.SIG_IGN))
                self.read_until(process, "seq=2 ")
                process.send_signal(number)
                text = self.read_until(process, "seq=6 ")
                self.assertNotIn("sent", text)
                other = signal.SIGTERM if number != signal.SIGTERM else signal.SIGINT
                process.send_signal(other)
                process.communicate(timeout=echotest.PATIENCE)
                self.assertEqual(process.returncode, 0)

    def test_second_interrupt_ends_a_blocked_write(self):
        """A reader that does not read holds the statistics up; a second signal does not wait."""
        # A pipe of packets: once it is full, no line fits into the rest of a page.
        reader, writer = os.pipe2(os.O_DIRECT)
        self.addCleanup(os.close, reader)
        with badpeers.serve("exact", self.path()) as peer:
            process = self.start(peer.endpoint, "-i", "0", stdout=writer)
            echotest.wait_for(lambda: not select.select([], [writer], [], 0)[1])
            os.close(writer)
            process.send_signal(signal.SIGINT)
            echotest.wait_for(lambda: not self.catches(process.pid, signal.SIGINT))
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(echotest.PATIENCE), -signal.SIGINT)

    @staticmethod
    def catches(pid, number):
        with open("/proc/%d/status" % pid, encoding="ascii") as status:
            caught = re.search(r"SigCgt:\s*(\S+)", status.read()).group(1)
        return int(caught, 16) >> (number - 1) & 1

    def test_interrupt_at_total_loss(self):
        with badpeers.serve("never-answers", self.path()) as peer:
            process = self.start(peer.endpoint, "-i", "0.05", "-W", "30", "-O")
            self.read_until(process, "no answer yet for seq=2")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=echotest.PATIENCE)
            self.assertEqual(process.returncode, 1)
            self.assertEqual(counts(output)[0], 0)

    def test_restart_of_the_server(self):
        """What is lost meanwhile is counted; the pings go on by themselves."""
        with badpeers.serve("exact", self.path()) as peer:
            process = self.start(peer.endpoint, "-i", "0.1")
            self.read_until(process, "seq=2 ")
        down = self.read_until(process, "NOENT|REFUSED")
        self.assertIn(" EOF: the server has ended the connection", down)
        with badpeers.serve("exact", self.path()):
            self.read_until(process, "bytes from")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=echotest.PATIENCE)
        self.assertEqual(process.returncode, 5)
        self.assertIn(", 1 broken, ", output)
        echoed, lost, corrupt, late = counts(output)
        self.assertGreaterEqual(echoed, 3)
        self.assertGreaterEqual(lost, 1)
        self.assertEqual((corrupt, late), (0, 0))

    def test_reconnect(self):
        with badpeers.serve("exact", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "3", "-i", "0", "--reconnect")
            self.assertEqual((status, peer.connections), (0, 3))
        self.assertEqual(len(re.findall(r"seq=\d connect=\d+\.\d{4} time=\d+\.\d{4} ms", output)), 3)
        self.assertRegex(output, r"\nconnect min/avg/max/mdev = (\d+\.\d{4}/?){4} ms\n")

    def test_no_server(self):
        status, output, errors = self.ping(self.path("nothing"), "-c", "1")
        self.assertEqual((status, output), (3, ""))
        self.assertIn(": NOENT: ", errors)

    def test_json(self):
        with badpeers.serve("exact", self.path()) as peer:
            status, output, _ = self.ping(peer.endpoint, "-c", "2", "-i", "0", "-j", "-D")
        objects = [json.loads(line) for line in output.splitlines()]
        self.assertEqual((status, [o["type"] for o in objects]),
                         (0, ["echo", "echo", "statistics"]))
        self.assertEqual([o["seq"] for o in objects[:2]], [1, 2])
        self.assertIsInstance(objects[0]["time_ns"], int)
        self.assertGreater(objects[0]["time_of_day_ns"], 10 ** 18)
        self.assertEqual((objects[2]["sent"], objects[2]["echoed"], objects[2]["lost"]), (2, 2, 0))
        self.assertEqual(objects[2]["rtt"]["count"], 2)


if __name__ == "__main__":
    unittest.main()
