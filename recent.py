"""What the last questions led to, for when they are asked again.  Holds no text of the public."""

import hashlib
import secrets
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """A bounded cache under keyed hashes; the key lives and dies with the process."""

    def __init__(self, most: int) -> None:
        """Keep at most so many values; the one that was not asked for longest goes first."""
        self._most = most
        self._key = secrets.token_bytes(32)
        self._values: OrderedDict[bytes, Value] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, *parts: object) -> bytes:
        """Return the keyed hash of what a value depends on."""
        seen = hashlib.blake2b(key=self._key, digest_size=16)
        for part in parts:
            said = str(part).encode("utf-8", "surrogatepass")
            seen.update(len(said).to_bytes(8, "big"))
            seen.update(said)
        return seen.digest()

    def get(self, key: bytes) -> Value | None:
        """Return the value of a key, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: bytes, value: Value) -> None:
        """Keep a value."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._values)
