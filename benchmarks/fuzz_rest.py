"""A real server, asked by schemathesis for all in its OpenAPI document, for minutes. Is it as said.

    PYTHONPATH=. python benchmarks/fuzz_rest.py --seconds 600

Right requests and wrong ones, as an admin; a server on the loopback with the real networks. The
same in short, with fake ones and each role, is tests/server/test_fuzzing.py. Of the faults in the
log one is aiohttp's about schemathesis' first probe, a header with a NUL.
"""

from __future__ import annotations

import quiet_tensorflow  # noqa: F401  isort: skip

import argparse
import asyncio
import json
import os
import sys
import time
import warnings
from typing import Any

from served import Server, machine, served
from urllib3.exceptions import InsecureRequestWarning

from facestream.client import connect_to
from tests.server.fuzzing import fuzz

CONNECTS = "FACESTREAM_MAX_CONNECTS_PER_SECOND"
"""One address asks for all: else most of the time would pass with being held back."""


def main() -> int:
    """Print JSON; the exit status is 1 where something is amiss."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--examples", type=int, default=100, help="for each operation and round")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ[CONNECTS] = "1000000"
    warnings.simplefilter("ignore", InsecureRequestWarning)
    with served() as server:
        document = asyncio.run(described(server))
        began_s = time.monotonic()
        found = fuzz(
            document,
            server.address.page_url,
            server.address.token,
            examples=options.examples,
            seed=options.seed,
            seconds=options.seconds,
            verify=False,
        )
        result = {
            "machine": machine(),
            "seconds": time.monotonic() - began_s,
            "requests": found.requests,
            "operations": dict(found.operations),
            "statuses": dict(sorted(found.statuses.items())),
            "wrong": found.wrong,
            "faults_in_the_log": server.faults(),
            "resident_mb": server.resident_mb(),
        }
    print(json.dumps(result, indent=1))
    return 1 if result["wrong"] else 0


async def described(server: Server) -> dict[str, Any]:
    """Its OpenAPI document."""
    async with connect_to(server.address, server.tls) as client:
        return await client.openapi()


if __name__ == "__main__":
    sys.exit(main())
