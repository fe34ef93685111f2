#!/bin/sh
# Run a command whose temporary files are in memory, where there is room for them: in_memory.sh COMMAND …
# The tests commit a hundred thousand times, and a disk takes some milliseconds for each.
set -eu
memory=/dev/shm
least=3000000 # KiB

room=$(df -Pk "$memory" 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ "${room:-0}" -lt "$least" ] || [ ! -w "$memory" ] || findmnt -no OPTIONS "$memory" 2>/dev/null | grep -qw noexec; then
    exec "$@"
fi
TMPDIR=$(mktemp -d "$memory/tests-XXXXXX")
export TMPDIR
chmod 755 "$TMPDIR" # a database server runs as another user
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
"$@"
