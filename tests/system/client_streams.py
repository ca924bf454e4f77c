# SPDX-License-Identifier: ISC
"""Standard input to the server and its echo to standard output, both at once."""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
import unittest

import badpeers
import echotest


class Streams(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.peer = self.enterContext(badpeers.serve("exact", self.path()))

    def start(self, *arguments, **options):
        process = subprocess.Popen([echotest.CLIENT, *arguments, self.peer.endpoint],
                                   stderr=subprocess.PIPE, **options)

        def end():
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        self.addCleanup(end)
        return process

    def test_exact(self):
        for size in (0, 1, 65535, 65536, 65537, (1 << 20) + 1, 8 << 20):
            with self.subTest(size):
                data = echotest.block(size, seed=size)
                process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                output, errors = process.communicate(data, timeout=echotest.PATIENCE)
                self.assertEqual((process.returncode, output == data, errors), (0, True, b""))

    def test_flat_memory(self):
        """However much goes through, the client keeps no more than its window."""
        process = self.start(stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        block = echotest.block(1 << 20)
        peak = []
        for i in range(48):
            process.stdin.write(block)
            if i in (8, 47):
                with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
                    peak += [int(line.split()[1]) for line in status if "VmHWM" in line]
        process.stdin.close()
        self.assertEqual(process.wait(echotest.PATIENCE), 0)
        # A sanitizer takes some more for itself at first.
        most = 2048 if echotest.SANITIZED else 512
        self.assertLessEqual(peak[1] - peak[0], most, "kB more after 39 more MiB")

    def test_slow_reader_of_the_output(self):
        """Standard output that is not read holds everything up and loses nothing."""
        size = 4 << 20
        data = echotest.block(size, seed=3)
        process = self.start("--timeout", "0.2", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(process.stdin.fileno(), False)
        sent = 0
        while True:  # until nothing goes any more
            if not select.select([], [process.stdin], [], 0.6)[1]:
                break
            sent += os.write(process.stdin.fileno(), data[sent:sent + 65536])
        self.assertLess(sent, size)
        self.assertIsNone(process.poll())
        received = bytearray()
        while len(received) < size:
            readable, writable, _ = select.select(
                [process.stdout], [process.stdin] if sent < size else [], [], echotest.PATIENCE)
            if writable:
                sent += os.write(process.stdin.fileno(), data[sent:sent + 65536])
            if readable:
                received += os.read(process.stdout.fileno(), 65536)
        process.stdin.close()
        self.assertEqual(process.wait(echotest.PATIENCE), 0, process.stderr.read())
        self.assertEqual(bytes(received), data)

    def write_to_closed_pipe(self, *arguments, **options):
        reader, writer = os.pipe()
        os.close(reader)
        process = self.start(*arguments, stdin=subprocess.PIPE, stdout=writer, **options)
        os.close(writer)
        process.stdin.write(b"hello\n")
        process.stdin.close()
        return process.wait(echotest.PATIENCE), process.stderr.read()

    def test_reader_ended(self):
        """A closed pipe ends the client silently, as it ends cat; unless whoever started it ignores
        the signal: then it is an error like every other."""
        for arguments in ((), ("-j",)):
            with self.subTest(arguments):
                self.assertEqual(self.write_to_closed_pipe(*arguments), (-signal.SIGPIPE, b""))
        status, errors = self.write_to_closed_pipe(
            restore_signals=False, preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
        self.assertEqual(status, 2)
        self.assertIn(b": OTHER: write standard output: Broken pipe", errors)

    def test_non_blocking_output(self):
        """Another process that shares standard output may have made it non-blocking: the client
        waits for its reader and loses nothing."""
        data = echotest.block(4 << 20, seed=4)
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        process = self.start(stdin=subprocess.PIPE, stdout=writer)
        self.addCleanup(os.close, reader)
        feeder = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.close()))
        feeder.start()
        self.wait_until_full(writer)
        received = echotest.read_to_end(reader)
        feeder.join()
        self.assertEqual((process.wait(echotest.PATIENCE), process.stderr.read()), (0, b""))
        self.assertTrue(received == data)

    @staticmethod
    def wait_until_full(writer):
        """The client has nowhere to write to. Then the pipe is the client's alone."""
        echotest.wait_for(lambda: not select.select([], [writer], [], 0)[1])
        os.close(writer)

    def test_non_blocking_lines(self):
        """The same for lines: those of JSON."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        process = self.start("-j", stdin=subprocess.PIPE, stdout=writer)
        self.addCleanup(os.close, reader)
        feeder = threading.Thread(target=lambda: (process.stdin.write(b"x" * (1 << 20)),
                                                  process.stdin.close()))
        feeder.start()
        self.wait_until_full(writer)
        objects = [json.loads(line) for line in echotest.read_to_end(reader).splitlines()]
        feeder.join()
        self.assertEqual((process.wait(echotest.PATIENCE), process.stderr.read()), (0, b""))
        self.assertEqual(sum(len(o["bytes"]) for o in objects if o["type"] == "received"), 1 << 20)

    def test_unreadable_input(self):
        directory = os.open(self.directory, os.O_RDONLY)
        process = self.start(stdin=directory, stdout=subprocess.DEVNULL)
        os.close(directory)
        self.assertEqual(process.wait(echotest.PATIENCE), 2)
        self.assertIn(b": OTHER: read standard input: Is a directory", process.stderr.read())

    def test_idle_input_is_no_stall(self):
        """Nothing is owed while we have sent nothing."""
        process = self.start("--timeout", "0.1", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for word in (b"one\n", b"two\n"):
            process.stdin.write(word)
            process.stdin.flush()
            self.assertEqual(os.read(process.stdout.fileno(), 100), word)
            self.assertEqual(select.select([process.stdout], [], [], 0.3)[0], [])
        process.stdin.close()
        self.assertEqual(process.wait(echotest.PATIENCE), 0)

    def test_end_before_ours(self):
        """A server that ends while our input goes on has ended early, however exact it was."""
        def one_line(conn):
            conn.sendall(conn.recv(100))
        with badpeers.serve(one_line) as self.peer:
            process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process.stdin.write(b"hello\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.read(), b"hello\n")
            self.assertEqual(process.wait(echotest.PATIENCE), 5)
            self.assertIn(b": TRUNCATED: the peer ended the stream at 6, before our end",
                          process.stderr.read())

    def terminal(self):
        master, slave = os.openpty()
        process = self.start(stdin=slave, stdout=slave, start_new_session=True)
        os.close(slave)
        self.addCleanup(os.close, master)
        return process, master

    def read_terminal(self, master, end):
        text = b""
        deadline = time.monotonic() + echotest.PATIENCE
        while not text.endswith(end):
            self.assertGreater(deadline, time.monotonic(), text)
            if select.select([master], [], [], 1)[0]:
                text += os.read(master, 1000)
        return text

    def test_conversation(self):
        """On a terminal: line by line, escapes shown harmless, ^D ends."""
        process, master = self.terminal()
        os.write(master, b"hello\n")
        self.assertEqual(self.read_terminal(master, b"hello\r\nhello\r\n"), b"hello\r\nhello\r\n")
        os.write(master, b"a\x01b\n")
        self.read_terminal(master, b"a\\x01b\r\n")
        os.write(master, b"\x04")
        self.assertEqual(process.wait(echotest.PATIENCE), 0)
        self.assertIn(b"^D ends", process.stderr.read())

    def test_interrupted_conversation(self):
        process, master = self.terminal()
        os.write(master, b"hello\n")
        self.read_terminal(master, b"hello\r\nhello\r\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(echotest.PATIENCE), 0)

    def test_quit_ends_a_conversation(self):
        """As it ends every program that does not say otherwise."""
        process, master = self.terminal()
        os.write(master, b"hello\n")
        self.read_terminal(master, b"hello\r\nhello\r\n")
        process.send_signal(signal.SIGQUIT)
        self.assertEqual(process.wait(echotest.PATIENCE), -signal.SIGQUIT)

    def test_progress(self):
        """From the first second on, on a terminal; wiped at the end."""
        def hesitates(conn):
            data = conn.recv(65536)
            conn.peer.stopped.wait(1.4)
            conn.sendall(data)
            badpeers.exact(conn)
        with badpeers.serve(hesitates) as peer:
            for arguments in (("--verify", "--size", "100"), ("hello",)):
                with self.subTest(arguments):
                    master, slave = os.openpty()
                    status = subprocess.call([echotest.CLIENT, peer.endpoint, *arguments],
                                             stdout=subprocess.DEVNULL, stderr=slave)
                    os.close(slave)
                    shown = ""
                    with contextlib.suppress(OSError):  # EIO is the end of a terminal
                        while True:
                            shown += os.read(master, 10000).decode()
                    os.close(master)
                    self.assertEqual(status, 0)
                    self.assertRegex(shown, r"\r0 B of \d+ B back, 0 %, 0\.0 MB/s\r")
                    self.assertRegex(shown, r"\r +\r$")

    def test_seed(self):
        """What --verify shows is what it has used, and what --seed takes; whatever the pid."""
        seen = []
        for _ in range(8):
            status, output, _ = echotest.run(echotest.CLIENT, "-j", "--verify", "--size", "1",
                                             self.peer.endpoint)
            seen.append(json.loads(output)["seed"])
            self.assertEqual(status, 0)
            self.assertLess(seen[-1], 10 ** 9)
            status, output, _ = echotest.run(echotest.CLIENT, "--verify", "--size", "1", "--seed",
                                             str(seen[-1]), self.peer.endpoint)
            self.assertEqual(status, 0)
            self.assertIn("(seed %d)" % seen[-1], output)
        self.assertGreater(len(set(seen)), 6)

    def test_json(self):
        process = self.start("-j", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        output, _ = process.communicate(b"hello\xff", timeout=echotest.PATIENCE)
        objects = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([o["type"] for o in objects], ["received", "result"])
        self.assertEqual(objects[0]["bytes"], "hello\\xff")
        self.assertEqual(objects[1]["mode"], "copy")
        self.assertEqual((objects[1]["sent"], objects[1]["received"]), (6, 6))
        self.assertEqual(objects[1]["verdict"]["word"], "OK")


if __name__ == "__main__":
    unittest.main()
