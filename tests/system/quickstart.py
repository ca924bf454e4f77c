# SPDX-License-Identifier: ISC
"""./quickstart says what it does, does nothing twice, and says why it cannot do it. Packages, the user
and the build are pretended; the programs are those under test."""

import os
import shutil
import subprocess
import unittest

import echotest

# Of the real tools, only these are on the path.
TOOLS = ("cat", "cp", "dirname", "env", "grep", "make", "mkdir", "mkfifo", "mktemp", "nproc", "rm", "rmdir", "sed",
         "sh", "tail", "tr")

CONFIGURE = r"""#!/bin/sh
echo checking
cat >Makefile <<'END'
all: echo-server echo-client
echo-%:
	@echo "  CC $@"
	@cp "$$PROGRAMS/$@" $@
END
"""

INSTALLS = ": >installed"
NO_NETWORK = """echo "W: Failed to fetch http://x/InRelease  Temporary failure resolving 'x'" >&2
[ "$2" = update ] || { echo 'E: Unable to locate package gcc' >&2; exit 100; }"""
UNKNOWN = """[ "$2" = update ] || { echo 'E: Unable to locate package libconfig-dev' >&2; exit 100; }"""


class Quickstart(echotest.TestCase):
    def setUp(self):
        super().setUp()
        # The links to the real tools have a directory of their own: what a test pretends is written
        # to another one, never through a link.
        self.temporary = self.path("tmp")
        for name in ("bin", "tools", "tmp"):
            os.mkdir(self.path(name))
        for tool in TOOLS:
            os.symlink(shutil.which(tool), self.path("tools/" + tool))
        shutil.copy(os.path.join(echotest.SOURCE, "quickstart"), self.path("quickstart"))
        self.script("configure", CONFIGURE)
        self.script("bin/cc", "exit 0")
        self.script("bin/pkg-config", "[ -e installed ]")
        self.script("bin/id", "echo 0")

    def script(self, name, text):
        os.chmod(self.write(name, text if text.startswith("#!") else "#!/bin/sh\n" + text), 0o755)

    def apt_get(self, text):
        self.script("bin/apt-get", 'echo "$*" >>calls\n' + text)

    def calls(self):
        """What apt-get was called for."""
        with open(self.path("calls"), encoding="utf-8") as file:
            return [line.split()[1] for line in file]

    def quickstart(self):
        """Its exit status, standard output and standard error."""
        done = subprocess.run(
            ["./quickstart"], cwd=self.directory, stdin=subprocess.DEVNULL, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=echotest.PATIENCE,
            env={"PATH": self.path("bin") + ":" + self.path("tools"), "TMPDIR": self.temporary,
                 "PROGRAMS": echotest.BUILD})
        return done.returncode, done.stdout, done.stderr

    def refusal(self, *words):
        """It fails, with these words in what it says; without a build."""
        status, output, errors = self.quickstart()
        self.assertEqual(status, 1, output + errors)
        for word in words:
            self.assertIn(word, errors)
        self.assertNotIn("uilding", output)
        return output, errors

    def test_nothing_twice(self):
        self.apt_get(INSTALLS)
        status, output, errors = self.quickstart()
        self.assertEqual((status, errors), (0, ""), output)
        for step in ("Missing, and required to build: libconfig-dev libjansson-dev\n",
                     "Installing them with apt-get.\nConfiguring in build/.\nBuilding in build/.\n",
                     "\nHey, can you hear me?\n", "\nIt works."):
            self.assertEqual(output.count(step), 2 if "Hey" in step else 1, output)
        self.assertEqual(self.calls(), ["update", "install"])

        status, output, errors = self.quickstart()
        self.assertEqual((status, errors), (0, ""), output)
        self.assertTrue(output.startswith("Already built in build/.\n$ "), output)
        self.assertIn("\nIt works.", output)
        self.assertEqual(self.calls(), ["update", "install"])

    def test_long_directory(self):
        """A socket's path has at most 107 bytes."""
        self.apt_get(INSTALLS)
        self.temporary = self.path("t" * 120)
        os.mkdir(self.temporary)
        status, output, errors = self.quickstart()
        self.assertEqual((status, errors), (0, ""), output)
        self.assertEqual(os.listdir(self.temporary), [])

    def test_network_missing(self):
        self.apt_get(NO_NETWORK)
        self.refusal("quickstart: apt-get cannot reach its mirror: Temporary failure resolving 'x'; "
                     "check the network (or http_proxy), then run ./quickstart again\n")

    def test_package_unknown(self):
        self.apt_get(UNKNOWN)
        self.refusal("quickstart: apt-get does not know these packages: libconfig-dev;")

    def test_not_root(self):
        self.apt_get("exit 1")
        self.script("bin/id", "echo 1000")
        self.refusal("installing packages requires root",
                     "    apt-get update && apt-get install --no-install-recommends "
                     "libconfig-dev libjansson-dev\n")
        self.assertFalse(os.path.exists(self.path("calls")))

    def test_sudo(self):
        self.apt_get(INSTALLS)
        self.script("bin/id", "echo 1000")
        self.script("bin/sudo", "echo 'sudo: a password is required' >&2; exit 1")
        output, _ = self.refusal("sudo: a password is required\n", "sudo did not run apt-get;")
        self.assertIn("sudo may ask for your password.\n", output)
        self.script("bin/sudo", 'exec "$@"')
        status, output, errors = self.quickstart()
        self.assertEqual((status, errors), (0, ""), output)
        self.assertIn("\nIt works.", output)

    def test_build_fails(self):
        self.apt_get(INSTALLS)
        self.script("bin/cp", "echo 'text.c:1: error: that is no C' >&2; exit 1")
        status, output, errors = self.quickstart()
        self.assertEqual(status, 1, output)
        self.assertIn("Building in build/.\n", output)
        self.assertIn("text.c:1: error: that is no C\n", errors)
        self.assertIn("(everything it said is in build/quickstart.log)\n", errors)
        self.assertNotIn("It works", output)


if __name__ == "__main__":
    unittest.main()
