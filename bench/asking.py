"""Ask for one page again and again, in a process of its own; used by `bench.console`.

In: [address, path, the Cookie header, how often] as JSON.  Out: milliseconds, status, bytes.
"""

import http.client
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60


def ask(address: str, path: str, cookie: str, rounds: int) -> dict[str, Any]:
    """Return the milliseconds of each request, all on one open connection."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    ms: list[float] = []
    status, size = 0, 0
    for _ in range(rounds):
        start = time.perf_counter()
        line.request("GET", path, headers={"Cookie": cookie})
        try:
            answer = line.getresponse()
        except ConnectionError:  # a page that failed before; the next one opens a new line
            line.close()
            continue
        size, status = len(answer.read()), answer.status
        ms.append(1000 * (time.perf_counter() - start))
    line.close()
    return {"ms": ms, "status": status, "size": size}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(*json.load(sys.stdin))))
