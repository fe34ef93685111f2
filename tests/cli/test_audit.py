"""Dependencies are asked after where the database of vulnerabilities is: a real client, a stand-in on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlwatch.testing.sites import Answer, Asked, Sites

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-ocr.lock", "requirements-dev.lock")
BAD = ("jinja2", "GHSA-xxxx-yyyy-zzzz")


def answer(asked: Asked) -> Answer:
    """One package has a vulnerability; the others have none, which OSV says by an empty object."""
    queries = json.loads(asked.body)["queries"]
    assert all(query["package"]["ecosystem"] == "PyPI" and query["version"] for query in queries)
    results = [{"vulns": [{"id": BAD[1]}]} if query["package"]["name"] == BAD[0] else {} for query in queries]
    return Answer(body=json.dumps({"results": results}).encode(), content_type="application/json")


@pytest.fixture
def osv() -> Iterator[Sites]:
    with Sites() as sites:
        sites.put(f"{sites.origin}/v1/querybatch", answer)
        yield sites


def audit(url: str, *files: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/audit.py", *files]
    env = {**os.environ, "OSV_URL": url, "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_a_dependency_with_a_known_vulnerability_fails_the_check(osv: Sites) -> None:
    done = audit(osv.origin, *LOCKS)
    assert done.returncode == 1
    assert BAD[0] in done.stdout
    assert f"https://osv.dev/{BAD[1]}" in done.stdout


def test_every_pinned_package_is_asked_after_and_sound_ones_pass(osv: Sites, tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lines = [line for line in (ROOT / LOCKS[0]).read_text().splitlines() if not line.startswith(BAD[0])]
    lock.write_text("\n".join(lines))
    done = audit(osv.origin, str(lock))
    assert done.returncode == 0
    (asked,) = osv.asked
    assert len(json.loads(asked.body)["queries"]) == sum("==" in line for line in lines)


@pytest.mark.parametrize(
    "broken", [Answer(status=503), Answer(body=b"<html>log in</html>"), Answer(body=b"[]")]
)
def test_where_nobody_can_be_asked_it_is_said_and_nothing_fails(osv: Sites, broken: Answer) -> None:
    osv.put(f"{osv.origin}/v1/querybatch", broken)
    for url in (osv.origin, "http://127.0.0.1:9"):
        done = audit(url, LOCKS[0])
        assert done.returncode == 0
        assert "NOT AUDITED" in done.stderr
        assert "audited," not in done.stdout


def test_a_lock_that_pins_nothing_is_no_audit(osv: Sites, tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("httpx>=0.28\n")
    assert audit(osv.origin, str(tmp_path / "x.lock")).returncode == 2
