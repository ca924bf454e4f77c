# SPDX-License-Identifier: ISC
"""A server that stops for a while: the open loop shows what its clients wait, the closed loop says
that it cannot."""

import json
import os
import resource
import signal
import socket
import subprocess
import threading
import unittest

import badpeers
import echotest

STOP_S = 0.3
OWN_STOP_S = 1.6  # of echo-bench itself, with a timeout of 1 s


def echo_and_tell():
    """An exact peer, and the event of its first echo."""
    seen = threading.Event()

    def echo(conn):
        for data in badpeers.chunks(conn):
            badpeers.send_rest(conn, data)
            seen.set()
    return echo, seen


class Stalls(echotest.TestCase):
    def stalled_run(self, *options):
        """A run in which the server stands still for 0.3 s; its result."""
        server = self.server("unix:" + self.path())
        process = subprocess.Popen(
            [echotest.BENCH, "-j", "--interval", "0.1", "-c", "4", "-d", "1.5", "--warmup", "0.1",
             *options, server.endpoint], stdout=subprocess.PIPE)
        for _ in range(4):
            process.stdout.readline()
        server.send_signal(signal.SIGSTOP)
        threading.Event().wait(STOP_S)
        server.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        self.assertEqual(process.returncode, 0)
        return json.loads(output.splitlines()[-1])

    def test_open_loop_shows_it(self):
        """A fifth of the messages were due while it stood still: the 99th percentile is nearly the
        whole stop. The service times alone would hide it: four messages of 1500."""
        result = self.stalled_run("-R", "1000")
        self.assertEqual(result["messages"], 1500)
        self.assertGreater(result["latency"]["p99_ns"], 0.85 * STOP_S * 1e9)
        self.assertGreater(result["latency"]["p90_ns"], 0.3 * STOP_S * 1e9)
        self.assertGreaterEqual(result["latency"]["max_ns"], 0.95 * STOP_S * 1e9)
        # On a busy machine the four may be sent some time after the stop began.
        self.assertGreater(result["service"]["max_ns"], 0.3 * STOP_S * 1e9)
        self.assertLess(result["service"]["p99_ns"], result["latency"]["p99_ns"])

    def test_closed_loop_cannot(self):
        result = self.stalled_run()
        self.assertLess(result["latency"]["p99_ns"], 0.5 * STOP_S * 1e9)
        self.assertEqual(result["plan"]["mode"], "closed")
        status, output, _ = echotest.run(echotest.BENCH, "-n", "1", "--warmup", "0",
                                         self.server("unix:" + self.path("other")).endpoint)
        self.assertEqual(status, 0)
        self.assertIn("closed loop", output)
        self.assertRegex(output, "does not show below")

    def test_dead_server(self):
        """A server that never comes back: what is owed is counted and the run ends."""
        server = self.server("unix:" + self.path())
        os.kill(server.pid, signal.SIGSTOP)
        status, output, _ = echotest.run(echotest.BENCH, "-j", "-R", "100", "-c", "2", "-d", "0.3",
                                         "--warmup", "0", "--timeout", "0.2", server.endpoint)
        server.send_signal(signal.SIGCONT)
        result = json.loads(output)
        self.assertEqual(status, 1)
        self.assertEqual(result["messages"], 0)
        self.assertEqual(result["messages"] + result["lost"] + result["unsent"], 30)
        self.assertGreater(result["errors"]["TIMEOUT"], 0)

    def run_stopped(self, begun, resumed, *options):
        """A run that stands still for longer than its timeout once begun() returns; resumed() is
        called when it goes on. Its result, without a failure."""
        process = self.bench("--warmup", "0", "--timeout", "1", *options)
        begun(process)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        threading.Event().wait(OWN_STOP_S)
        process.send_signal(signal.SIGCONT)
        resumed(process)
        status, result = self.report(process)
        self.assertEqual((status, result["errors"], result["connect_errors"]), (0, {}, {}))
        self.assertEqual((result["lost"], result["unsent"]), (0, 0))
        return result

    def test_own_stop_in_a_message(self):
        """The time in which echo-bench itself stands still is not the server's. More of the echo
        is missing afterwards than one turn of the loop reads."""
        size = 1 << 20
        came, stopped = threading.Event(), threading.Event()

        def hold(conn):
            data = b""
            for piece in badpeers.chunks(conn):
                data += piece
                if len(data) == size:
                    break
            else:
                return  # it only tried the address
            came.set()
            stopped.wait(echotest.PATIENCE)
            badpeers.send_rest(conn, data)
            badpeers.exact(conn)

        with badpeers.serve(hold, self.path()) as peer:
            result = self.run_stopped(lambda process: came.wait(echotest.PATIENCE),
                                      lambda process: stopped.set(), "-n", "1", "-c", "1", "-s", str(size),
                                      peer.endpoint)
        self.assertEqual(result["bytes_received"], size)

    def test_own_stop_in_a_stream(self):
        """More streams than one turn of the loop serves."""
        server = self.server("unix:" + self.path())
        self.run_stopped(lambda process: process.stdout.readline(), lambda process: None, "--bulk",
                         "-c", "200", "-d", "2.5", "--interval", "0.1", server.endpoint)

    def test_own_stop_at_the_end(self):
        """All that was due is still sent and waited for."""
        server = self.server("unix:" + self.path())
        result = self.run_stopped(lambda process: process.stdout.readline(), lambda process: None,
                                  "-c", "4", "-R", "1000", "-d", "0.5", "--interval", "0.1",
                                  server.endpoint)
        self.assertEqual(result["messages"], 500)

    def test_own_stop_while_connecting(self):
        """The backlog is full until it goes on."""
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.path())
        listener.listen(0)
        listener.settimeout(echotest.PATIENCE)
        waiting = self.client("unix:" + self.path())

        def begun(process):
            tasks = "/proc/%d/task" % process.pid
            # ThreadSanitizer has a thread of its own.
            count = 3 if "thread" in os.environ.get("ECHO_SANITIZERS", "") else 2
            echotest.wait_for(lambda: len(os.listdir(tasks)) == count)

        def accept(process):
            """Once it was refused again."""
            echotest.wait_for(lambda: echotest.is_asleep(process.pid))
            waiting.close()
            listener.accept()[0].close()
            conn, _ = listener.accept()
            with conn:
                conn.settimeout(echotest.PATIENCE)
                badpeers.exact(conn)

        self.run_stopped(begun, accept, "-n", "1", "-c", "1", "unix:" + self.path())

    def bench(self, *arguments, preexec=None):
        """A running echo-bench whose report goes into a pipe."""
        process = subprocess.Popen([echotest.BENCH, "-j", *arguments], stdout=subprocess.PIPE,
                                   preexec_fn=preexec)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def interrupt(self, process):
        """Sends INT, and waits until it was taken."""
        process.send_signal(signal.SIGINT)

        def taken():
            with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file)
            return not int(fields["ShdPnd"], 16) & 1 << signal.SIGINT - 1
        echotest.wait_for(taken)

    def report(self, process):
        """Its exit status and the result."""
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        return process.returncode, json.loads(output.splitlines()[-1])

    def test_interrupt_twice(self):
        """What is outstanding when it is given up is lost, and meets no goal."""
        seen = []

        def swallow(conn):
            for data in badpeers.chunks(conn):
                seen.append(data)

        for options in ((), ("-R", "1000"), ("--warmup", "60")):
            seen.clear()
            with badpeers.serve(swallow, self.path()) as peer:
                process = self.bench("-d", "60", "-c", "3", "--warmup", "0", "--timeout", "600",
                                     "--require", "errors=0", *options, peer.endpoint)
                echotest.wait_for(lambda: len(seen) == 3)
                self.interrupt(process)
                self.interrupt(process)
                status, result = self.report(process)
            self.assertEqual((status, result["messages"]), (1, 0))
            self.assertEqual(result["lost"], 0 if "--warmup" in options else 3)
            self.assertEqual(result["goals"][0]["met"], False)

    def test_interrupt_in_the_warmup(self):
        """Nothing was measured: that is not what was asked for."""
        echo, seen = echo_and_tell()
        with badpeers.serve(echo, self.path()) as peer:
            process = self.bench("-d", "1", "--warmup", "60", "--require", "errors=0,rate<5",
                                 peer.endpoint)
            self.assertTrue(seen.wait(echotest.PATIENCE))
            self.interrupt(process)
            status, result = self.report(process)
        self.assertEqual((status, result["messages"], result["errors"]), (1, 0, {}))
        self.assertEqual([goal["met"] for goal in result["goals"]], [False, False])

    def test_interrupt_of_a_search(self):
        """It has not found that no rate meets the goal."""
        echo, seen = echo_and_tell()
        with badpeers.serve(echo, self.path()) as peer:
            process = self.bench("-d", "60", "--warmup", "0", "--find-max", "p99<60s",
                                 peer.endpoint)
            self.assertTrue(seen.wait(echotest.PATIENCE))
            self.interrupt(process)
            status, maximum = self.report(process)
        self.assertEqual((status, maximum["type"], maximum["rate"]), (1, "maximum", 0))
        self.assertTrue(maximum["interrupted"])

    def test_interrupt_while_connecting(self):
        """At once, when nothing has begun yet."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            waiting = [socket.socket() for _ in range(3)]
            for sock in waiting:
                self.addCleanup(sock.close)
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            process = self.bench("--timeout", "1h", "127.0.0.1:%d" % port)
            inodes = set()

            def connecting():
                """A socket of its own is in SYN_SENT."""
                try:
                    names = os.listdir("/proc/%d/fd" % process.pid)
                    links = [os.readlink("/proc/%d/fd/%s" % (process.pid, name)) for name in names]
                except OSError:
                    return False
                inodes.update(link[8:-1] for link in links if link.startswith("socket:"))
                with open("/proc/net/tcp", encoding="ascii") as file:
                    return any(line.split()[3] == "02" and line.split()[9] in inodes
                               for line in list(file)[1:])
            echotest.wait_for(connecting)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(echotest.PATIENCE), -signal.SIGINT)

    def test_ignored_signals(self):
        """What the parent process ignores, as nohup does, stays ignored."""
        server = self.server("unix:" + self.path())
        process = self.bench("--interval", "0.1", "-d", "0.5", "--warmup", "0", server.endpoint,
                             preexec=lambda: [signal.signal(number, signal.SIG_IGN)
                                              for number in (signal.SIGINT, signal.SIGTERM)])
        process.stdout.readline()
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        status, result = self.report(process)
        self.assertEqual((status, result["interrupted"]), (0, False))
        self.assertEqual(result["elapsed_ns"], 0.5e9)

    def test_blocked_signals(self):
        """What the parent process blocks does not stay blocked."""
        def block():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

        server = self.server("unix:" + self.path())
        for number in (signal.SIGQUIT, signal.SIGHUP, signal.SIGINT):
            process = self.bench("--interval", "0.1", "-d", "60", "--warmup", "0", server.endpoint,
                                 preexec=block)
            process.stdout.readline()
            process.send_signal(number)
            self.assertEqual(process.wait(echotest.PATIENCE),
                             0 if number == signal.SIGINT else -number)

    def test_interrupt_reports(self):
        """INT ends the run, not the report."""
        server = self.server("unix:" + self.path())
        process = subprocess.Popen([echotest.BENCH, "-j", "--interval", "0.1", "-d", "60",
                                    "--warmup", "0", server.endpoint], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        result = json.loads(output.splitlines()[-1])
        self.assertEqual(process.returncode, 0)
        self.assertTrue(result["interrupted"])
        self.assertGreater(result["messages"], 0)
        self.assertLess(result["elapsed_ns"], 30e9)


if __name__ == "__main__":
    unittest.main()
