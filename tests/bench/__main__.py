"""Speed, as ratios against a floor measured in the same run: `make bench`, or `make bench ARGS=reading`."""

from __future__ import annotations

import argparse

from tests.bench import (
    annexes,
    api,
    asking,
    cluster,
    commands,
    cycle,
    delivery,
    kills,
    latency,
    law,
    oneshot,
    outbox,
    pages,
    reading,
    rounds,
    soak,
)

PARTS = {
    "asking": asking.main,
    "reading": reading.main,
    "annexes": annexes.main,
    "cycle": cycle.main,
    "oneshot": oneshot.main,
    "law": law.main,
    "pages": pages.main,
    "delivery": delivery.main,
    "outbox": outbox.main,
    "rounds": rounds.main,
    "kills": kills.main,
    "latency": latency.main,
    "commands": commands.main,
    "api": api.main,
    "cluster": cluster.main,
    "soak": soak.main,
}


def main() -> None:
    """Run the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        choices=tuple(PARTS),
        help="which part; all but the soak and the cluster by default",
    )
    for part in parser.parse_args().parts or [part for part in PARTS if part not in {"soak", "cluster"}]:
        PARTS[part]()


if __name__ == "__main__":
    main()
