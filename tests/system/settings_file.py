# SPDX-License-Identifier: ISC
"""A settings file with a mistake starts nothing; -t and -T say what is in one."""

import os
import re
import subprocess
import unittest

import echotest

BAD = os.path.join(echotest.SOURCE, "tests", "bad-settings")
SHIPPED = os.path.join(echotest.SOURCE, "etc", "echo-server.conf")


def run(*arguments, **options):
    """The finished server: exit status, standard output, standard error."""
    done = subprocess.run([echotest.SERVER, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=echotest.PATIENCE, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors="backslashreplace")


give_nothing_away = echotest.without_capability(0)  # CAP_CHOWN
NO_FILE = "settings are valid; no settings file was read\n"


class SettingsFile(echotest.TestCase):
    def test_bad_files(self):
        """Started with each, the server says what is expected, and no more, and binds nothing."""
        names = sorted(os.listdir(BAD))
        self.assertGreaterEqual(len(names), 80)
        for name in names:
            path = os.path.join(BAD, name)
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                expected = re.findall(r"^\ufeff?# expect (.*)$", file.read(), re.MULTILINE)
            status, output, errors = run("-c", path)
            self.assertEqual((status, output), (2, ""), name)
            said = errors.splitlines()
            self.assertEqual(len(said), len(expected), (name, said))
            for sentence, wanted in zip(said, expected):
                wanted = "echo-server: %s:%s" % (path, wanted)
                if wanted.endswith("*"):
                    self.assertTrue(sentence.startswith(wanted[:-1]), (name, sentence))
                else:
                    self.assertEqual(sentence, wanted, name)

    def test_nothing_bound(self):
        """A mistake behind a good listener: its socket does not appear."""
        path = self.write("a.conf", 'listeners = ( { endpoint = "unix:%s"; } );\nworkers = -1;\n'
                          % self.path())
        status, _, errors = run("-c", path)
        self.assertEqual((status, errors), (
            2, 'echo-server: %s:2: workers: "-1" is not a plain decimal number\n' % path))
        self.assertEqual(os.listdir(self.directory), ["a.conf"])

    def test_odd_files(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        for path, said in ((fifo, fifo + " is a FIFO, not a regular file"),
                           (self.directory, self.directory + " is a directory, not a regular file"),
                           ("/dev/zero", "/dev/zero is a device, not a regular file"),
                           (self.path("none"),
                            "open %s: No such file or directory" % self.path("none"))):
            self.assertEqual(run("-t", "-c", path), (2, "", "echo-server: %s\n" % said))

    def test_check(self):
        path = self.write("a.conf", 'listeners = ( { endpoint = "unix:%s"; } );' % self.path())
        said = path + ": settings are valid\n"
        self.assertEqual(run("-t", "-c", path), (0, said, ""))
        self.assertEqual(run("-t", "-c", path, "127.0.0.1:0"), (0, said, ""))
        self.assertEqual(run("-t", "unix:%s" % self.path()),
                         (0, NO_FILE, ""))
        self.assertEqual(os.listdir(self.directory), ["a.conf"])

    def test_check_finds_what_a_start_would(self):
        """Beyond the file itself, and all of it in one run; with the start's own sentences."""
        os.mkdir(self.path("directory"))
        os.symlink(self.path("directory"), self.path("link"))
        self.write("file", "")
        here = "unix:" + self.path("s")
        cases = [
            (('%s"; owner = "nobody-of-that-name' % here,), 'there is no user "nobody-of-that-name"'),
            (('%s"; group = "nobody-of-that-name' % here,),
             'there is no group "nobody-of-that-name"'),
            (("no-such-host.invalid:7777",), 'resolve "no-such-host.invalid": '),
            (("localhost:no-such-service",), 'no TCP service is called "no-such-service"'),
            (("unix:" + self.path("none/s"),),
             "the directory %s: No such file or directory" % self.path("none")),
            (("unix:" + self.path("file/s"),),
             "the directory %s: Not a directory" % self.path("file")),
            (("unix:" + self.path("file"),), "a regular file is in its place"),
            (("unix:" + self.path("directory/s"), "unix:" + self.path("link/s")),
             "the listener unix:%s already has the address" % self.path("directory/s")),
        ]
        if os.geteuid() != 0:
            os.mkdir(self.path("closed"), 0o555)
            cases.append((("unix:" + self.path("closed/s"),),
                          "no file can be made in the directory " + self.path("closed")))
        for endpoints, why in cases:
            path = self.write("a.conf", "listeners = (%s);" % ", ".join(
                '{ endpoint = "%s"; }' % endpoint for endpoint in endpoints))
            status, output, errors = run("-t", "-c", path)
            self.assertEqual((status, output, errors.count("\n")), (2, "", 1), (endpoints, errors))
            self.assertIn(why, errors)
            self.assertEqual(run("-c", path), (status, output, errors))
            # A listener that is optional is told of, no more.
            path = self.write("b.conf", "listeners = ({ endpoint = \"unix:%s\"; }, %s);" % (
                self.path("good"), ", ".join('{ endpoint = "%s"; optional = true; }' % endpoint
                                             for endpoint in endpoints)))
            status, _, errors = run("-t", "-c", path)
            self.assertEqual((status, errors.count("\n")), (0, 1), errors)
            self.assertIn("; skipping the optional listener", errors)
        # Addresses of one port, of which no start could bind both.
        self.assertIn("127.0.0.1:7: the listener localhost:7 already has the address 127.0.0.1:7",
                      run("-t", "localhost:7", "127.0.0.1:7")[2])
        self.assertIn("the listener 127.0.0.1:7 already has the address 0.0.0.0:7",
                      run("-t", "--allow-root", "127.0.0.1:7", "tcp4:*:7")[2])
        self.assertEqual(run("-t", "127.0.0.1:0", "127.0.0.2:0", "127.0.0.1:7", "127.0.0.2:7"),
                         (0, NO_FILE, ""))
        status, _, errors = run("-t", "unix:" + self.path("none/a"), "no-such-host.invalid:7")
        self.assertEqual((status, errors.count("\n")), (2, 2), errors)

    def same(self, *arguments, **options):
        """What -t and the start both say when they refuse."""
        checked = run("-t", *arguments, **options)
        self.assertEqual((checked[0], checked[1], checked[2].count("\n")), (2, "", 1), checked)
        self.assertEqual(run(*arguments, **options), checked)
        return checked[2]

    def test_check_as_root(self):
        """A listener that other machines reach, even one that is optional."""
        self.need("root")
        self.assertIn("tcp4:*:0: refusing to serve a network-reachable listener as root",
                      self.same("tcp4:*:0"))
        path = self.write("a.conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                          '{ endpoint = "0.0.0.0:0"; optional = true; });' % self.path())
        self.assertIn("0.0.0.0:0: refusing to serve", self.same("-c", path))
        self.assertEqual(run("-t", "--allow-root", "-c", path)[0], 0)

    def test_check_owner(self):
        """Who may give the socket away is for the kernel to say."""
        for more in ('owner = "4001"', 'group = "4002"', 'owner = "4001"; group = "4002"'):
            path = self.write("a.conf", 'listeners = ({ endpoint = "unix:%s"; %s; });'
                              % (self.path(), more))
            # "Operation not permitted", but in a user namespace without them "Invalid argument".
            self.assertIn("chown unix:%s: " % self.path(),
                          self.same("-c", path, preexec_fn=give_nothing_away))
        # In such a directory a file has the group without any right.
        if os.geteuid() == 0:
            os.chown(self.directory, 0, 4002)
        group = os.stat(self.directory).st_gid
        os.chmod(self.directory, 0o2755)
        path = self.write("a.conf", 'listeners = ({ endpoint = "unix:%s"; group = "%d"; });'
                          % (self.path(), group))
        self.assertEqual(run("-t", "-c", path, preexec_fn=give_nothing_away)[0], 0)
        server = self.server("-c", path, preexec=give_nothing_away)
        self.assertEqual(os.stat(self.path()).st_gid, group)
        self.assertEqual(server.stop(), 0)

    def test_check_descriptors(self):
        for endpoints, workers in ((["unix:@" + self.path()], 1), (["127.0.0.1:0", "127.0.0.2:0"], 4)):
            needed = 32 + 3 * workers + workers * (len(endpoints) if workers > 1 else 1)
            options = {"preexec_fn": echotest.limit_descriptors(needed)}
            self.assertIn("the descriptor limit of %d is too low: %d are needed" % (needed, needed),
                          self.same("-w", str(workers), *endpoints, **options))
            options = {"preexec_fn": echotest.limit_descriptors(needed + 1)}
            self.assertEqual(run("-t", "-w", str(workers), *endpoints, **options)[0], 0)
            self.server("-w", str(workers), *endpoints, preexec=options["preexec_fn"]).stop()

    def test_check_while_the_server_runs(self):
        """Its own socket is no mistake."""
        server = self.server("unix:" + self.path(), "127.0.0.1:0")
        self.assertEqual(run("-t", *server.endpoints), (0, NO_FILE, ""))

    def test_file_without_option(self):
        """A settings file where an endpoint belongs: the sentence says how one is given."""
        self.write("a.conf", "workers = 0;\n")
        for word in ("a.conf", "./a.conf", self.path("a.conf")):
            for words in ((word,), ("-t", word), ("-T", "127.0.0.1:0", word)):
                self.assertEqual(run(*words, cwd=self.directory), (
                    2, "", 'echo-server: "%s" is a file, not an endpoint; a settings file is given '
                           "with -c\n" % word))
        self.assertEqual(os.listdir(self.directory), ["a.conf"])
        # Not a guess about what has another meaning.
        self.write("localhost:0", "")
        self.assertEqual(run("-t", "localhost:0", cwd=self.directory)[0], 0)

    def test_dump(self):
        """-T of the shipped file is -T of the built-in defaults; -T of a dump is the dump."""
        empty = self.write("empty.conf", "")
        status, shipped, errors = run("-T", "-c", SHIPPED)
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(run("-T", "-c", empty), (0, shipped, ""))
        self.assertEqual(run("-T", "-c", self.write("dump.conf", shipped)), (0, shipped, ""))

    def test_precedence(self):
        """Built-in < file < command line; relative paths become absolute."""
        path = self.write("a.conf", 'workers = 3;\nlog = { level = "debug"; format = "json"; };\n'
                          'listeners = ( { endpoint = "localhost:7"; } );\n')
        status, dumped, errors = run("-T", "-c", path, "-w", "2", "--log-level", "error",
                                     "--mode", "0600", "--allow-root", "--grace", "0.5",
                                     "./echo.sock", "*:0", cwd=self.directory)
        self.assertEqual((status, errors), (0, ""))
        names = "endpoint|mode|workers|level|format|grace|allow_root"
        self.assertEqual(re.findall(r"^ *(?:%s) = .*;$" % names, dumped, re.MULTILINE), [
            '    endpoint = "unix:%s";' % self.path(), '    mode = "0600";',
            '    endpoint = "*:0";', "workers = 2;", "allow_root = true;",
            '  grace = "500ms";', '  level = "error";', '  format = "json";'])
        self.assertEqual(run("-T", "-c", self.write("dump.conf", dumped)), (0, dumped, ""))


if __name__ == "__main__":
    unittest.main()
