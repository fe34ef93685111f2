"""The long form: `make torture` kills a service two thousand times, and a start at each of its steps.

`make torture ARGS=cluster` lets a thousand misfortunes befall several workers; TORTURE_KILLS, TORTURE_MINUTES and
TORTURE_SEED set another number, an end and another order.
"""

from __future__ import annotations

import os
import sys

from tests.torture.campaign import campaign
from tests.torture.cluster import torture
from tests.torture.migrating import starts

SEEDS = 10
KILLS = 200
MISFORTUNES = 1_000
EVERY_STEP = 1_000_000


def main() -> None:
    """Run all, or with `cluster` the workers on one PostgreSQL; the exit status says whether all is right."""
    if "cluster" in sys.argv[1:]:
        ledger = torture(
            int(os.environ.get("TORTURE_KILLS", str(MISFORTUNES))),
            seed=int(os.environ.get("TORTURE_SEED", "1")),
            minutes=float(os.environ.get("TORTURE_MINUTES", "inf")),
            says=lambda words: print(words, flush=True),
        )
        print(ledger)
        print(*ledger.lost, *ledger.doubled, *ledger.faults, sep="\n")
        sys.exit(0 if ledger.is_clean else 1)
    kills = int(os.environ.get("TORTURE_KILLS", str(KILLS)))
    clean = True
    for seed in range(SEEDS):
        outcome = campaign(kills, seed=seed)
        clean &= outcome.clean
        print(f"seed {seed}: {outcome}", flush=True)
        for wrong in (*outcome.lost, *outcome.doubled, *outcome.faults):
            print(f"  {wrong}")
    migrated = starts(EVERY_STEP)
    print(migrated)
    print(*migrated.faults, sep="\n")
    sys.exit(0 if clean and not migrated.faults else 1)


if __name__ == "__main__":
    main()
