# SPDX-License-Identifier: ISC
"""The life of a Unix socket's path: what is replaced, what is never touched, what is removed."""

import grp
import os
import pwd
import signal
import socket
import stat
import struct
import unittest

import echotest


def peer_pid(endpoint):
    """Who answers there."""
    with echotest.connect(endpoint) as sock:
        data = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return struct.unpack("3i", data)[0]


class SocketPath(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.endpoint = "unix:" + self.path()

    def refused(self, *arguments, **options):
        """The sentence of a server that does not start."""
        lines = self.refusal(*arguments, **options).text.splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def expect_echo(self, server):
        self.assertEqual(echotest.exchange(server.endpoint, b"still there?"), b"still there?")
        self.assertEqual(peer_pid(server.endpoint), server.pid)

    def test_kill_and_start(self):
        for _ in range(20):
            server = self.server(self.endpoint, expect_status=-signal.SIGKILL)
            self.expect_echo(server)
            self.assertEqual(server.stop(signal.SIGKILL), -signal.SIGKILL)
            self.assertTrue(stat.S_ISSOCK(os.lstat(self.path()).st_mode))
        self.expect_echo(self.server(self.endpoint))

    def test_live_is_left_alone(self):
        server = self.server(self.endpoint)
        inode = os.lstat(self.path()).st_ino
        sentence = self.refused(self.endpoint)
        self.assertIn("another server, pid %d, answers there" % server.pid, sentence)
        self.assertEqual(os.lstat(self.path()).st_ino, inode)
        self.expect_echo(server)

    def test_foreign_files_are_left_alone(self):
        def plain(path):
            with open(path, "wb") as file:
                file.write(b"precious")

        def full_directory(path):
            os.mkdir(path)
            plain(os.path.join(path, "file"))

        table = ((plain, "a regular file"), (os.mkdir, "a directory"),
                 (full_directory, "a directory"), (os.mkfifo, "a FIFO"),
                 (lambda path: os.symlink("/nowhere", path), "a symbolic link"),
                 (lambda path: os.symlink(self.path("target"), path), "a symbolic link"))
        plain(self.path("target"))
        for number, (make, words) in enumerate(table):
            path = self.path(str(number))
            make(path)
            before = os.lstat(path)
            sentence = self.refused("unix:" + path, "127.0.0.1:0")
            self.assertIn(words, sentence)
            self.assertIn(path, sentence)
            after = os.lstat(path)
            self.assertEqual((before.st_ino, before.st_mode, before.st_size, before.st_mtime_ns),
                             (after.st_ino, after.st_mode, after.st_size, after.st_mtime_ns))
        with open(self.path("target"), "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_datagram_socket_is_left_alone(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(self.path())
            self.refused(self.endpoint)
            self.assertTrue(os.path.exists(self.path()))

    def test_mode(self):
        for mask in (0, 0o022, 0o777):
            for mode in ("0600", "0666", "0000", "0777", "0660"):
                server = self.server("--mode", mode, self.endpoint,
                                     preexec=lambda mask=mask: os.umask(mask) and None)
                status = os.lstat(self.path())
                self.assertEqual(stat.S_IMODE(status.st_mode), int(mode, 8), (mask, mode))
                self.assertEqual((status.st_uid, status.st_gid), (os.geteuid(), os.getegid()))
                self.assertEqual(server.stop(), 0)
                self.assertFalse(os.path.exists(self.path()))
        server = self.server(self.endpoint, preexec=lambda: os.umask(0) and None)
        self.assertEqual(stat.S_IMODE(os.lstat(self.path()).st_mode), 0o660)

    def test_owner(self):
        """By name or number; only root can give a file away."""
        self.need("root")
        conf = self.write("conf", 'listeners = ({ endpoint = "%s"; owner = "4001"; group = "4002"; '
                          'mode = "0640"; });' % self.endpoint)
        server = self.server("-c", conf)
        status = os.lstat(self.path())
        self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)),
                         (4001, 4002, 0o640))
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(self.path()))

    def owned(self, owner, group):
        """Whose the socket is when the settings say so."""
        conf = self.write("conf", 'listeners = ({ endpoint = "%s"; owner = "%s"; group = "%s"; });'
                          % (self.endpoint, owner, group))
        server = self.server("-c", conf)
        status = os.stat(self.path())
        self.assertEqual(echotest.exchange(self.endpoint, b"hello"), b"hello")
        self.assertEqual(server.stop(), 0)
        return status.st_uid, status.st_gid

    def test_owner_by_name(self):
        """A name of the system's tables, each alone and both; root may give to anybody, others to
        themselves and to their groups."""
        if os.geteuid() == 0:
            users = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
            groups = [entry for entry in grp.getgrall() if entry.gr_gid != 0]
        else:
            users = [entry for entry in pwd.getpwall() if entry.pw_uid == os.geteuid()]
            groups = [entry for entry in grp.getgrall() if entry.gr_gid in os.getgroups()]
        ours = (os.geteuid(), os.getegid())
        for user in users[:2]:
            self.assertEqual(self.owned(user.pw_name, ""), (user.pw_uid, ours[1]))
            for group in groups[:2]:
                self.assertEqual(self.owned(user.pw_name, group.gr_name),
                                 (user.pw_uid, group.gr_gid))
        for group in groups[:2]:
            self.assertEqual(self.owned("", group.gr_name), (ours[0], group.gr_gid))
        self.assertEqual(self.owned(*ours), ours)  # by number, in the tables or not

    def test_successor_while_we_drain(self):
        """A drains, B takes the path: A's end must not remove it."""
        first = self.server(self.endpoint)
        client = echotest.connect(first.endpoint)
        client.sendall(b"hold")
        echotest.receive_exactly(client, 4)
        first.process.terminate()
        echotest.wait_for(lambda: not os.path.exists(self.path()))
        second = self.server(self.endpoint)
        client.sendall(b"on")  # the drain serves on
        self.assertEqual(echotest.receive_exactly(client, 2), b"on")
        client.close()
        self.assertEqual(first.process.wait(echotest.PATIENCE), 0)
        self.expect_echo(second)

    def test_successor_of_a_lost_path(self):
        """Somebody removed the path by hand, B took it: A's end must not remove it."""
        first = self.server(self.endpoint)
        os.unlink(self.path())
        second = self.server(self.endpoint)
        self.assertEqual(first.stop(), 0)
        self.expect_echo(second)
        os.unlink(self.path())
        with open(self.path(), "wb") as file:
            file.write(b"precious")
        self.assertEqual(second.stop(), 0)
        self.assertTrue(os.path.exists(self.path()))

    def test_length(self):
        room = 107 - len(self.directory) - 1
        server = self.server("unix:" + self.path("x" * room))
        self.expect_echo(server)
        for length in (room + 1, room + 2, 4096):
            self.assertIn("107", self.refused("unix:" + self.path("x" * length)))
        self.assertEqual(os.listdir(self.directory), ["x" * room])

    def test_relative(self):
        """Made absolute once, at the start."""
        server = self.server("unix:echo.sock", preexec=lambda: os.chdir(self.directory))
        self.assertEqual(server.endpoint, self.endpoint)
        self.expect_echo(server)
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(self.path()))

    def test_missing_directory(self):
        sentence = self.refused("unix:" + self.path("none/echo.sock"))
        self.assertIn("the directory %s" % self.path("none"), sentence)
        self.assertIn("No such file or directory", sentence)


if __name__ == "__main__":
    unittest.main()
