"""Arrays on disk: written whole or not at all, and a broken file is as good as none."""

import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


def read(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays kept in a file; none when it is missing, cut short or no such file."""
    try:
        with path.open("rb") as file:
            kept = np.load(file, allow_pickle=False)
            return dict(kept.items()) if isinstance(kept, np.lib.npyio.NpzFile) else {}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def write(path: Path, arrays: Arrays) -> None:
    """Write arrays beside their place, then move them there.

    Raises:
        OSError: The folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".npz")
    with os.fdopen(number, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    Path(scratch).replace(path)


def packed(texts: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Return texts without line ends as one flat array; an array of texts would be padded."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def unpacked(array: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    """Return what `packed` has packed, one text or more."""
    return tuple(array.tobytes().decode().split("\n"))
