#!/bin/sh
# Finds or installs what the tests of the pages need: Chromium, and a font with Chinese characters.
set -eu
say() { printf '%s\n' "$*" >&2; }

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Chromium is missing; installing it with apt-get (about a minute)."
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null && exit 0
fi
say "Chromium is missing: the tests of the pages will fail. On Debian or Ubuntu:"
say "  sudo apt-get install chromium fonts-noto-cjk     (or set CHROMIUM to the path of a Chromium)"
