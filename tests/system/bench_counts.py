# SPDX-License-Identifier: ISC
"""What echo-bench counts: messages, bytes and connections, exactly, in every way of loading."""

import array
import collections
import fcntl
import json
import os
import select
import socket
import subprocess
import termios
import threading
import unittest

import badpeers
import echotest


class Counts(echotest.TestCase):
    def bench(self, *arguments, status=0):
        """Runs it and returns the objects of its report."""
        result, output, errors = echotest.run(echotest.BENCH, "-j", *arguments)
        self.assertEqual((result, errors), (status, ""), arguments)
        return [json.loads(line) for line in output.splitlines()]

    def exact(self, result, messages, size):
        self.assertEqual(result["messages"], messages)
        self.assertEqual(result["bytes_sent"], messages * size)
        self.assertEqual(result["bytes_received"], messages * size)
        self.assertEqual(result["latency"]["count"], messages)
        self.assertEqual(result["errors"], {})
        self.assertEqual(result["connect_errors"], {})
        self.assertEqual((result["lost"], result["unsent"]), (0, 0))

    def test_one_byte_pieces(self):
        """A reply in pieces is one reply."""
        with badpeers.serve("one-byte-pieces", self.path()) as peer:
            result, = self.bench("-n", "100", "-s", "10", "-c", "3", "--warmup", "0",
                                 peer.endpoint)
        self.exact(result, 100, 10)

    def test_number_of_messages(self):
        server = self.server("unix:" + self.path(), "localhost:0")
        for endpoint in server.endpoints[:2]:
            for options in ((), ("-c", "1"), ("-P", "16"), ("-t", "3"), ("-t", "2", "-P", "5"),
                            ("--churn", "1"), ("--churn", "7", "-P", "3", "-t", "2"),
                            ("-R", "100000"), ("-R", "50000", "--arrival", "poisson", "-t", "2"),
                            ("--busy-poll",), ("-s", "100KiB", "-P", "2")):
                with self.subTest(endpoint=endpoint, options=options):
                    result, = self.bench("-n", "501", "--warmup", "0", *options, endpoint)
                    self.exact(result, 501, 102400 if "-s" in options else 64)

    def test_sizes(self):
        server = self.server("unix:" + self.path())
        result, = self.bench("-n", "2000", "-s", "1:1001", "--warmup", "0", server.endpoint)
        self.assertEqual(result["messages"], 2000)
        self.assertEqual(result["bytes_sent"], result["bytes_received"])
        # 2000 sizes of mean 501 and deviation 289: four deviations of the sum.
        self.assertAlmostEqual(result["bytes_sent"], 2000 * 501, delta=4 * 289 * 2000 ** 0.5)

    def test_bulk(self):
        server = self.server("unix:" + self.path(), "localhost:0")
        for endpoint in server.endpoints[:2]:
            result, = self.bench("--bulk", "-n", "320", "-s", "64KiB", "-c", "3", "--warmup", "0",
                                 endpoint)
            self.assertEqual(result["bytes_sent"], 320 * 65536)
            self.assertEqual(result["bytes_received"], 320 * 65536)
            self.assertEqual(result["generator"]["compared_bytes"], 320 * 65536)
            self.assertEqual(result["latency"]["count"], 0)

    def test_bulk_fills_the_queue(self):
        """It sends while the kernel takes it, rather than a span for each time that the socket is
        called writable, which on Unix means nearly empty."""
        def waits_for_three_spans(conn):
            waiting = array.array("i", [0])
            ended = select.poll()
            ended.register(conn, select.POLLRDHUP)  # the attempt before the run sends nothing

            def queued():
                fcntl.ioctl(conn, termios.FIONREAD, waiting)
                return waiting[0] > 2 * 65536 or ended.poll(0)

            echotest.wait_for(queued)
            for data in badpeers.chunks(conn):
                badpeers.send_rest(conn, data)

        with badpeers.serve(waits_for_three_spans, self.path()) as peer:
            result, = self.bench("--bulk", "-n", "30", "-s", "64KiB", "-c", "1", "--warmup", "0",
                                 peer.endpoint)
        self.assertEqual(result["bytes_received"], 30 * 65536)

    def test_open_loop_by_time(self):
        """Every message that was due is sent, and measured from when it was due."""
        server = self.server("unix:" + self.path())
        result, = self.bench("-R", "500", "-d", "0.4", "--warmup", "0.1", "-c", "4",
                             server.endpoint)
        self.assertEqual(result["messages"], 200)
        self.assertEqual(result["elapsed_ns"], 400000000)
        for name in ("latency", "service", "slip"):
            self.assertEqual(result[name]["count"], 200, name)
        self.assertGreaterEqual(result["latency"]["mean_ns"], result["service"]["mean_ns"])

    def test_verification(self):
        server = self.server("unix:" + self.path())
        for how, low, high in (("full", 64000, 64000), ("sample", 1, 63999), ("none", 0, 0)):
            result, = self.bench("-n", "1000", "--verify", how, "--warmup", "0", server.endpoint)
            self.exact(result, 1000, 64)
            compared = result["generator"]["compared_bytes"]
            self.assertTrue(low <= compared <= high, (how, compared))

    def test_connections(self):
        server = self.server("unix:" + self.path())
        result, = self.bench("-n", "100", "-c", "20", "--idle", "30", "-t", "3", "--warmup", "0",
                             server.endpoint)
        self.assertEqual((result["connected"], result["connected_idle"]), (20, 30))
        self.assertEqual((result["connects"], result["connect"]["count"]), (50, 50))
        result, = self.bench("-n", "100", "-c", "1", "--churn", "10", "--warmup", "0",
                             server.endpoint)
        self.assertEqual(result["connects"], 10)
        result, = self.bench("-n", "100", "-c", "1", "--churn", "10", "-P", "4", "--warmup", "0",
                             server.endpoint)
        self.assertEqual(result["connects"], 10)

    def test_cpus(self):
        """Each thread of the load runs on its CPU of the list, and one that is not there is said."""
        server = self.server("unix:" + self.path())
        cpus = sorted(os.sched_getaffinity(0))
        process = subprocess.Popen(
            [echotest.BENCH, "-d", "600", "-t", "3", "--warmup", "0", "--interval", "0.01", "--cpu",
             ",".join(map(str, cpus)), server.endpoint], stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        echotest.read_line_with(process.stdout, b"p50")
        allowed = []
        for task in os.listdir("/proc/%d/task" % process.pid):
            with open("/proc/%d/task/%s/status" % (process.pid, task), encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file)
            if int(task) != process.pid:
                allowed.append(fields["Cpus_allowed_list"].strip())
        wanted = collections.Counter(str(cpus[i % len(cpus)]) for i in range(3))
        found = collections.Counter(allowed)
        if echotest.SANITIZED:  # a sanitizer may have a thread of its own
            self.assertLessEqual(wanted, found)
        else:
            self.assertEqual(wanted, found)
        status, _, errors = echotest.run(echotest.BENCH, "-n", "1", "--cpu", "1023",
                                         server.endpoint)
        self.assertEqual(status, 2)
        self.assertRegex(errors, r"run on CPU 1023: Invalid argument\n$")

    def test_full_backlog(self):
        """Where the queue of a Unix socket has no room it tries again, until there is."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path())
            listener.listen(0)  # room for one: the attempt before the run
            process = subprocess.Popen(
                [echotest.BENCH, "-j", "-c", "8", "-n", "80", "--warmup", "0", "--timeout", "600",
                 "unix:" + self.path()], stdout=subprocess.PIPE)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)

            def has_tried():
                """Its thread has slept several times: between attempts."""
                for task in os.listdir("/proc/%d/task" % process.pid):
                    with open("/proc/%d/task/%s/status" % (process.pid, task),
                              encoding="ascii") as file:
                        fields = dict(line.split(":", 1) for line in file)
                    if int(task) != process.pid:
                        return int(fields["voluntary_ctxt_switches"]) > 5
                return False

            def serve(sock):
                with sock:
                    badpeers.exact(sock)

            echotest.wait_for(has_tried)
            threads = [threading.Thread(target=serve, args=(listener.accept()[0],))
                       for _ in range(9)]
            for thread in threads:
                thread.start()
            output, _ = process.communicate(timeout=echotest.PATIENCE)
            for thread in threads:
                thread.join()
        result = json.loads(output)
        self.assertEqual(process.returncode, 0)
        self.exact(result, 80, 64)
        self.assertEqual((result["connected"], result["connects"]), (8, 8))

    def test_intervals_lose_nothing(self):
        """What is shown in between is in the sum too, of however many threads."""
        server = self.server("unix:" + self.path())
        objects = self.bench("-n", "20000", "-t", "4", "--interval", "0.01", "--warmup", "0",
                             server.endpoint)
        self.assertGreater(len(objects), 1)
        self.exact(objects[-1], 20000, 64)

    def test_one_window(self):
        """What came back is of what was sent: bytes and messages of the same time."""
        server = self.server("unix:" + self.path(), "localhost:0")
        for endpoint in server.endpoints[:2]:
            # In bulk few connections, so that bytes come back even from a slow build.
            for options in (("--bulk", "-c", "4"), ("-P", "16"), ("-R", "20000", "-P", "4"),
                            ("-t", "2", "--churn", "3")):
                with self.subTest(endpoint=endpoint, options=options):
                    result, = self.bench("-d", "0.1", "--warmup", "0.1", *options, endpoint)
                    self.assertGreater(result["bytes_sent"], 0)
                    self.assertEqual(result["bytes_received"], result["bytes_sent"])
                    if "--bulk" not in options:
                        self.assertEqual(result["bytes_sent"], 64 * result["messages"])

    def test_no_more_than_was_offered(self):
        """Echoes that the warm-up left behind do not count as achieved."""
        held = []

        def holds_back(conn):
            for data in badpeers.chunks(conn):
                held.append(data)
                if sum(map(len, held)) >= 300 * 64:  # of 400
                    badpeers.send_rest(conn, b"".join(held))
                    held.clear()
                    break
            badpeers.exact(conn)

        with badpeers.serve(holds_back, self.path()) as peer:
            result, = self.bench("-R", "1000", "-c", "1", "-P", "1000", "--warmup", "0.2", "-d",
                                 "0.2", peer.endpoint)
        self.assertEqual(result["messages"], 200)
        self.assertLessEqual(result["messages_in_time"], 200)

    def test_warmup_does_not_count(self):
        """The peer sees the messages of the warm-up, the report does not."""
        seen = []

        def count(conn):
            for data in badpeers.chunks(conn):
                seen.append(len(data))
                badpeers.send_rest(conn, data)

        with badpeers.serve(count, self.path()) as peer:
            result, = self.bench("-n", "10", "-c", "1", "--warmup", "0.05", peer.endpoint)
        self.assertEqual((result["messages"], result["latency"]["count"]), (10, 10))
        self.assertGreater(sum(seen), 640)


if __name__ == "__main__":
    unittest.main()
