"""How a reader verifies a dossier, with only Python or a command that computes SHA-256."""

from __future__ import annotations

from controlwatch.core.evidence.dossier import Dossier

CHECK_SCRIPT = r"""import hashlib, json, pathlib, sys

here = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
entered, heads, wrong, before = set(), {}, [], None
for line in (here / "chain.jsonl").read_bytes().splitlines():
    entry = json.loads(line)
    if before not in (None, entry["before"]):
        wrong.append(f"entry {entry['seq']} does not follow the one above it")
    before = heads[str(entry["seq"])] = hashlib.sha256(line).hexdigest()
    entered.update(value for name, value in entry["of"].items() if name.endswith("sha256"))
for path in sorted(here.glob("stamps/*")):
    seq, _, head = path.stem.partition("-")
    if heads.get(seq) != head or bytes.fromhex(head) not in path.read_bytes():
        wrong.append(f"{path.relative_to(here)} stamps no entry of this chain")
    else:
        print(f"entry {seq} has a time stamp; HOWTO.txt says how its signature is checked")
for path in sorted(set(here.glob("*/*")) - set(here.glob("stamps/*"))):
    if hashlib.sha256(path.read_bytes()).hexdigest() not in entered:
        wrong.append(f"{path.relative_to(here)} is not what was entered")
print("\n".join(wrong) or f"sound; the head is {entry['seq']}:{before}")
sys.exit(1 if wrong else 0)
"""

_HOWTO_TEMPLATE = r"""How to check this dossier without the software that made it

{name}
Head of the chain at the export: {head}

1. That the files are those of the dossier:      sha256sum -c MANIFEST.txt
2. That they are what was entered in the chain:  python3 check.py
3. That the chain is the one that was kept: compare the head that check.py prints, SEQ:HASH, with one
   that was noted elsewhere. One that was noted earlier must be the hash of the line of that entry:
   grep '"seq":SEQ,' chain.jsonl | tr -d '\n' | sha256sum

4. Where there is a folder stamps/, that a time-stamping authority (RFC 3161) saw these entries, and when:
   openssl ts -verify -digest HASH -in stamps/SEQ-HASH.tsr -CAfile ROOT.pem
   openssl ts -reply -in stamps/SEQ-HASH.tsr -text
   ROOT.pem is the root certificate of the authority: take it from the authority, not from the party
   that gave you this. HASH is the SHA-256 of the line of entry SEQ; it covers this line and all above it.

chain.jsonl holds one entry a line, from the one before the first about this notice to the head. The hash of
an entry is the SHA-256 of its line, without the line's end; "before" is the hash of the line above. An entry
says of bytes that were sent: the addresses, the time, the status, the size, the SHA-256 of the bytes and of
the headers; of a version: the SHA-256 of its text and of its reading. "late" marks what was held before the
chain began.

bytes/     as the source sent them, its compression for the way undone; named by their SHA-256
headers/   as sent with them, name and value
text/      the text that was read from the bytes and the annexes, in UTF-8
readings/  what was concluded, as it was stored then; reading.json is the newest, in the printed form

Files in bytes/ come from outside: open them as you would open any file from the net.

check.py, in full:

{script}"""


def render_howto(dossier: Dossier) -> str:
    """Return the manual of a dossier."""
    return _HOWTO_TEMPLATE.format(name=dossier.name, head=dossier.head, script=CHECK_SCRIPT)
