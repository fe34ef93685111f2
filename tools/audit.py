"""Ask OSV, the open database of vulnerabilities, for each pinned dependency: `make audit`.

Exit status 1 where one has a known vulnerability; 0 where none has, and also where OSV cannot be reached,
which is then said: what was not asked is not known to be sound. OSV_URL names another address of the service.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import httpx

URL = "https://api.osv.dev"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)  # httpx==0.28.1 \
#: Packages asked about at once; the service takes a thousand.
AT_ONCE = 500


def pinned(files: list[str]) -> list[tuple[str, str]]:
    """Return every name and version that the lock files pin, each once."""
    return sorted({pin for file in files for pin in PINNED.findall(Path(file).read_text(encoding="utf-8"))})


def asked(pins: list[tuple[str, str]], url: str) -> dict[tuple[str, str], list[str]]:
    """Return the known vulnerabilities of each package that has some. Raises `httpx.HTTPError`."""
    found: dict[tuple[str, str], list[str]] = {}
    for start in range(0, len(pins), AT_ONCE):
        some = pins[start : start + AT_ONCE]
        queries = [
            {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in some
        ]
        answer = httpx.post(f"{url}/v1/querybatch", json={"queries": queries}, timeout=30)
        results = answer.raise_for_status().json()["results"]
        for pin, result in zip(some, results, strict=True):
            if result.get("vulns"):
                found[pin] = [one["id"] for one in result["vulns"]]
    return found


def main(files: list[str]) -> int:
    """Audit lock files, and return the exit status."""
    url = os.environ.get("OSV_URL", URL).rstrip("/")
    pins = pinned(files)
    if not pins:
        print(f"nothing is pinned in {', '.join(files) or 'no file'}", file=sys.stderr)
        return 2
    try:
        found = asked(pins, url)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        print(
            f"NOT AUDITED: {url} cannot be reached or answers something else ({type(error).__name__})",
            file=sys.stderr,
        )
        return 0
    for (name, version), known in found.items():
        print(f"{name} {version}: " + ", ".join(f"https://osv.dev/{one}" for one in known))
    print(f"{len(pins)} packages audited, {len(found)} with known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
