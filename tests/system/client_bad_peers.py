# SPDX-License-Identifier: ISC
"""Each way in which a server can fail to be an echo server gets its word and its exit status, in
every mode."""

import concurrent.futures
import os
import unittest

import badpeers
import echotest

MESSAGE = "The quick brown fox jumps over the lazy dog."
INPUT = b"".join(b"%07d\n" % i for i in range(250))  # printable, and every change shows

# behaviour: (word, status) with a message, from standard input, with --verify
VERDICTS = {
    "exact": (("OK", 0), ("OK", 0), ("OK", 0)),
    "drops-a-byte": (("CORRUPT", 4),) * 3,
    "doubles-a-byte": (("CORRUPT", 4),) * 3,
    "changes-a-byte": (("CORRUPT", 4),) * 3,
    "reorders-blocks": (("CORRUPT", 4),) * 3,
    "cuts-the-tail": (("STALLED", 1), ("TRUNCATED", 5), ("TRUNCATED", 5)),
    "answers-late": (("OK", 0), ("OK", 0), ("OK", 0)),
    "answers-twice": (("EXTRA", 4),) * 3,
    "resets": (("RESET", 5),) * 3,
    "never-answers": (("STALLED", 1), ("EOF", 5), ("EOF", 5)),
    "adds-a-banner": (("CORRUPT", 4),) * 3,
    "closes-at-once": (("EOF", 5),) * 3,
    "sends-escapes": (("CORRUPT", 4),) * 3,
    "never-stops": (("EXTRA", 4),) * 3,
    "ignores-the-end": (("OK", 0), ("STALLED", 1), ("STALLED", 1)),
    "one-byte-pieces": (("OK", 0), ("OK", 0), ("OK", 0)),
    "answers-at-the-end": (("STALLED", 1), ("OK", 0), ("OK", 0)),
}


class BadPeers(echotest.TestCase):
    def setUp(self):
        super().setUp()
        # A file: a pipe would hand it on in pieces of the moment.
        self.input = self.write("input", INPUT.decode())

    def judge(self, peer, name, word, status, *arguments, stdin=os.devnull):
        # A short patience only where it is to run out: machines are busy.
        timeout = "0.4" if word == "STALLED" else "30"
        with open(stdin, "rb") as file:
            result = echotest.run(echotest.CLIENT, "--timeout", timeout, peer.endpoint,
                                  *arguments, stdin=file)
        what = "%s %s: %s" % (name, arguments[:1], (result[0], result[1][-99:], result[2][-299:]))
        self.assertEqual(result[0], status, what)
        if status == 0:
            self.assertEqual(result[2], "", what)
        else:
            start = "echo-client: %s: %s: " % (peer.endpoint, word)
            self.assertTrue(result[2].startswith(start), what)
            self.assertEqual(result[2].count("\n"), 1, what)
        self.assertNotIn("\x1b", result[1] + result[2])
        return result

    def all_modes(self, name, path):
        message, stream, verify = VERDICTS[name]
        with badpeers.serve(name, path) as peer:
            result = self.judge(peer, name, *message, MESSAGE)
            # Whatever is printed is a beginning of the echo.
            self.assertTrue((MESSAGE + "\n").startswith(result[1].rstrip("\n")))
            if message[1] == 0:
                self.assertEqual(result[1], MESSAGE + "\n")
            result = self.judge(peer, name, *stream, stdin=self.input)
            self.assertTrue(INPUT.decode().startswith(result[1]))
            result = self.judge(peer, name, *verify, "--verify", "--size", "2000", "--seed", "1")
            # The verdict is said once, and with what is needed to send the same again.
            if verify[1] == 0:
                self.assertRegex(result[1], r"^OK 2000 bytes in .* \(seed 1\)\n$")
            else:
                self.assertEqual(result[1], "")
                self.assertTrue(result[2].endswith(" (seed 1)\n"), result)

    def over_all(self, paths):
        """Most of the time is spent waiting: all at once."""
        with concurrent.futures.ThreadPoolExecutor(len(VERDICTS)) as pool:
            runs = {name: pool.submit(self.all_modes, name, paths(name)) for name in VERDICTS}
            for name, run in runs.items():
                with self.subTest(name):
                    run.result()

    def test_unix(self):
        self.over_all(self.path)

    def test_tcp(self):
        self.over_all(lambda name: None)

    def test_places(self):
        """The words come with the place, as the manual writes them."""
        rows = (
            ("changes-a-byte", "CORRUPT: at offset 5: sent 75, got 74 "
             "(sent 54 68 65 20 71 [75] 69 63 6b 20 62 72 6f 77 6e 20 66 6f 78 20 6a "
             "\"uick brown fox j\", got 54 68 65 20 71 [74] 69 63 6b 20 62 72 6f 77 6e 20 66 6f 78 "
             "20 6a \"tick brown fox j\")\n"),
            ("cuts-the-tail", "STALLED: 0.4 s at 41"),
            ("answers-twice", "EXTRA: 44 bytes (sent 61 7a 79 20 64 6f 67 2e [], got 61 7a 79 20 64 6f 67 2e "
             "[54] 68 65 20 71 75 69 63 6b 20 62 72 6f 77 6e 20 \"The quick brown \")\n"),
            ("resets", "RESET: at 5"),
            ("closes-at-once", "EOF: at 0 of 44"),
        )
        for name, text in rows:
            with self.subTest(name), badpeers.serve(name, self.path()) as peer:
                result = self.judge(peer, name, *VERDICTS[name][0], MESSAGE)
                self.assertIn(text, result[2])
        with badpeers.serve("cuts-the-tail") as peer:
            result = self.judge(peer, "cuts-the-tail", "TRUNCATED", 5, stdin=self.input)
            self.assertIn("TRUNCATED: at 1997 of 2000\n", result[2])

    def test_reset_after_the_last_echo(self):
        """Every byte is back, and yet the stream did not end well: in every mode."""
        with badpeers.serve("resets-after-each-answer") as peer:
            for arguments, status in (
                    ((MESSAGE,), 5), (("-j", MESSAGE), 5), ((), 5), (("--verify", "--size", "9"), 5),
                    (("--check",), 2), (("--ping", "-c", "1"), 5),
                    (("--ping", "-c", "1", "--wait", "60"), 5), (("--selftest", "--wait", "60"), 5)):
                with self.subTest(arguments), open(self.input, "rb") as file:
                    result = echotest.run(echotest.CLIENT, peer.endpoint, *arguments, stdin=file)
                    self.assertEqual(result[0], status, result)
                    self.assertIn(" RESET: at ", result[1] + result[2])

    def test_proxy_header(self):
        """What a proxy puts in front is readable in the error."""
        def announces(conn):
            badpeers.send_rest(conn, b"PROXY TCP4 127.0.0.1 127.0.0.1 4242 7777\r\n")
            badpeers.exact(conn)
        with badpeers.serve(announces, self.path()) as peer:
            _, _, errors = echotest.run(echotest.CLIENT, peer.endpoint, MESSAGE)
        self.assertIn('(sent [54] 68 65 20 71 75 69 63 6b 20 62 72 6f 77 6e 20 "The quick brown ", got '
                      '[50] 52 4f 58 59 20 54 43 50 34 20 31 32 37 2e 30 "PROXY TCP4 127.0")\n', errors)

    def test_swallows(self):
        """A peer that takes whatever comes and never answers has stalled, although bytes move all the
        time; one that answers slowly has not."""
        def swallows(conn):
            for _ in badpeers.chunks(conn):
                conn.peer.stopped.wait(0.001)
        with badpeers.serve(swallows, self.path()) as peer:
            for arguments in (("--verify", "--size", "1TiB"), ()):
                with self.subTest(arguments), open("/dev/zero", "rb") as zeros:
                    status, _, errors = echotest.run(echotest.CLIENT, "--timeout", "0.5",
                                                     peer.endpoint, *arguments, stdin=zeros)
                    self.assertEqual(status, 1, errors)
                    self.assertIn("STALLED: 0.5 s at 0", errors)

    def test_slow_answers(self):
        """Progress is every byte of the echo."""
        def slow(conn):
            data = echotest.receive_exactly(conn, 20)
            for i in range(len(data)):
                conn.peer.stopped.wait(0.1)
                conn.sendall(data[i:i + 1])
            badpeers.exact(conn)
        with badpeers.serve(slow, self.path()) as peer:
            status, _, errors = echotest.run(echotest.CLIENT, "--timeout", "1.5", "--verify", "--size",
                                             "20", peer.endpoint)
            self.assertEqual((status, errors), (0, ""))

    def test_no_verify(self):
        """Peers that are no echo servers are read as they are."""
        with badpeers.serve("adds-a-banner", self.path()) as peer:
            result = echotest.run(echotest.CLIENT, "--no-verify", peer.endpoint, "hello", "you")
            self.assertEqual(result, (0, "Welcome to the echo service\r\nhelloyou", ""))
            result = echotest.run(echotest.CLIENT, "--no-verify", peer.endpoint, data=b"hello\n")
            self.assertEqual(result, (0, "Welcome to the echo service\r\nhello\n", ""))
        with badpeers.serve("resets", self.path()) as peer:
            result = echotest.run(echotest.CLIENT, "--no-verify", peer.endpoint, MESSAGE)
            self.assertEqual(result[:2], (5, MESSAGE[:5]))


if __name__ == "__main__":
    unittest.main()
