#!/bin/sh
# Builds the environment: environment.sh VENV LOCKFILE. Everything comes from the lock, by hash.
set -eu
venv=$1
lock=$2
say() { printf '%s\n' "$*" >&2; }

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "controlwatch needs Python 3.11 or newer; python3 is $(python3 --version 2>&1)."
    exit 1
fi

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    if ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
        # Debian keeps venv's other half in a package of its own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "python3-venv is missing; installing it with apt-get."
            apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        else
            say "Python's venv module is incomplete here. On Debian or Ubuntu: sudo apt-get install python3-venv"
            exit 1
        fi
    fi
    say "Building $venv from $lock (once; about half a minute)."
    rm -rf "$venv"
    python3 -m venv "$venv"
fi

"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
