# SPDX-License-Identifier: ISC
"""-v tells the life of each socket, step by step, in the words of the first lecture."""

import os
import pty
import re
import select
import subprocess
import unittest

import echotest

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info "


class ToldLife(echotest.TestCase):
    def life(self, endpoint):
        """One client says hello; what the log says of it, without the times."""
        server = self.server(endpoint, "-v", workers=1)
        with echotest.connect(server.endpoint) as client:
            client.sendall(b"hello")
            echotest.receive_exactly(client, 5)
        server.wait_log("closed")
        self.assertEqual(server.stop(), 0)
        lines = [line for line in server.log().splitlines() if " info " in line]
        for line in lines:
            self.assertRegex(line, "^" + STAMP)
        return server, [re.sub("^" + STAMP, "", line) for line in lines]

    def test_steps(self):
        for endpoint, family, peer in (
                ("unix:" + self.path(), "AF_UNIX", r"uid:\d+,gid:\d+,pid:\d+"),
                ("127.0.0.1:0", "AF_INET", r"127\.0\.0\.1:\d+"),
                ("[::1]:0", "AF_INET6", r"\[::1\]:\d+")):
            if not self.endpoints(endpoint):
                continue
            server, lines = self.life(endpoint)
            listener, client = r"fd=(?P<listener>\d+)", r"fd=(?P<client>\d+)"
            steps = (
                "socket %s family=%s type=SOCK_STREAM" % (listener, family),
                "bind fd=(?P=listener) address=%s" % re.escape(server.endpoint),
                "listen fd=(?P=listener) backlog=1024",
                "accept id=1 %s listener=%s peer=%s" % (client, re.escape(endpoint), peer),
                "receive fd=(?P=client) bytes=5",
                "send fd=(?P=client) bytes=5",
                'receive fd=(?P=client) bytes=0 end="the client sends no more"',
                "half-close fd=(?P=client)",
                "closed id=1 listener=%s peer=%s received=5 returned=5 duration=[0-9.]+s "
                "reason=client-closed" % (re.escape(endpoint), peer),
                "close fd=(?P=listener)")
            self.assertRegex("\n".join(lines), "^" + "\n".join(steps) + "$")

    def read_until(self, fd, word):
        text = b""
        while word not in text:
            self.assertTrue(select.select([fd], [], [], echotest.PATIENCE)[0], text)
            piece = os.read(fd, 4096)
            self.assertTrue(piece, text)
            text += piece
        return text.decode()

    def launch(self, output, *words):
        """A server with its log and its standard output in one place, as at a terminal."""
        process = subprocess.Popen([echotest.SERVER, *echotest.END_WITH_US, *words],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.addCleanup(process.wait, echotest.PATIENCE)
        self.addCleanup(process.terminate)
        os.close(output)
        return process

    def test_order(self):
        """A socket is told before it is announced: in the order in which it happens."""
        for _ in range(10):
            reader, writer = os.pipe()
            server = self.launch(writer, "-v", "-w", "1", "127.0.0.1:0", "unix:@" + self.path())
            words = re.findall(r"^(?:\S+ info )?(\w+)", self.read_until(reader, b"ready\n"), re.M)
            server.terminate()
            self.assertEqual(server.wait(echotest.PATIENCE), 0)
            os.close(reader)
            self.assertEqual([word for word in words if not word.startswith("20")],
                             2 * ["socket", "bind", "listen"] + 2 * ["listening"] + ["ready"])

    def test_terminal(self):
        """Somebody who looks on reads seconds since the start; in a file it is the time of day."""
        for words, stamp in (([], r" *\d+\.\d{3} "),
                             (["--log-format", "json"], r'\{"time":"20\d\d-[^"]*Z","level":"')):
            ours, theirs = pty.openpty()
            self.launch(theirs, "-v", "-w", "1", "127.0.0.1:0", *words)
            lines = [line for line in self.read_until(ours, b"hello").splitlines()
                     if "info" in line]
            os.close(ours)
            self.assertEqual(len(lines), 3)
            for line in lines:
                self.assertRegex(line, r"^%sinfo\b" % stamp)

    def test_silent_without(self):
        server = self.server("127.0.0.1:0")
        self.assertEqual(echotest.exchange(server.endpoint, b"hello"), b"hello")
        self.assertEqual(server.stop(), 0)
        self.assertNotIn(" info ", server.log())

    def test_waits(self):
        """A client that does not read is told of as waiting, not as a failure."""
        server = self.server("127.0.0.1:0", "-v", workers=1)
        with echotest.connect(server.endpoint, receive_buffer=4096) as client:
            client.setblocking(False)

            def told():
                try:
                    client.send(bytes(65536))
                except BlockingIOError:
                    pass
                return " info wait " in server.log()
            echotest.wait_for(told)
            log = server.log()
            self.assertIn('for="the client, which does not read as fast as it sends"', log)
            self.assertNotIn("failed=", log)


if __name__ == "__main__":
    unittest.main()
