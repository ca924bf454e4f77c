#!/bin/sh
# Makes ./configure from configure.ac. Needed once after a clone, not with a release tarball.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force
