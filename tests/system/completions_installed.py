# SPDX-License-Identifier: ISC
"""make install puts the completions where the shells look, for every prefix."""

import os
import subprocess
import unittest

import echotest

PROGRAMS = ("echo-bench", "echo-client", "echo-server")


class CompletionsInstalled(echotest.TestCase):
    def installed(self, prefix, *variables):
        """The files below DESTDIR, as they are named after the installation."""
        root = self.path("root" + prefix.replace("/", "-"))
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        subprocess.run(
            ["make", "-s", "-C", echotest.BUILD, "install-dist_bashcompletionDATA",
             "install-dist_zshcompletionDATA", "DESTDIR=" + root, "prefix=" + prefix,
             "datarootdir=${prefix}/share", "datadir=${datarootdir}", *variables],
            env=environment, check=True, stdout=subprocess.DEVNULL, timeout=echotest.PATIENCE)
        return sorted(os.path.join(folder, name)[len(root):]
                      for folder, _, names in os.walk(root) for name in names)

    def test_default(self):
        vendor = "vendor-completions" if os.path.exists("/etc/debian_version") else "site-functions"
        for prefix, zsh in (("/usr", vendor), ("/usr/local", "site-functions"),
                            ("/opt/echo", "site-functions")):
            with self.subTest(prefix):
                self.assertEqual(
                    self.installed(prefix, "bashcompletiondir=$(default_bashcompletiondir)",
                                   "zshcompletiondir=$(default_zshcompletiondir)"),
                    [prefix + "/share/bash-completion/completions/" + name for name in PROGRAMS] +
                    [prefix + "/share/zsh/" + zsh + "/_" + name for name in PROGRAMS])

    def test_chosen(self):
        """What ./configure was told: an empty directory is --without."""
        self.assertEqual(self.installed("/usr", "bashcompletiondir=", "zshcompletiondir=/z"),
                         ["/z/_" + name for name in PROGRAMS])


if __name__ == "__main__":
    unittest.main()
