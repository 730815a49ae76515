"""The middle of a group: the mean of its questions' vectors, as the table keeps it.  Pure.

The vectors are the encoder's own, of length one; their mean is kept as it is, so that the middle of
two groups together, or of one without some of its questions, is worked out without encoding anew.
"""

import base64
import binascii

import numpy as np

from faq.index import Floats
from storage.cipher import Cipher


def sealed(cipher: Cipher, middle: Floats) -> str:
    """Return a middle as the table keeps it: base64 of float16, encrypted if there is a key."""
    return cipher.seal(base64.b64encode(middle.astype("<f2").tobytes()).decode("ascii"))


def opened(cipher: Cipher, kept: str) -> Floats | None:
    """Return a middle, shape (size,); None when no key opens it, or there is none."""
    said = cipher.open(kept)
    if not said:
        return None
    try:
        made = np.frombuffer(base64.b64decode(said, validate=True), "<f2")
    except (binascii.Error, ValueError):
        return None
    return made.astype(np.float32)


def together(one: Floats, count: int, other: Floats, more: int) -> Floats:
    """Return the middle of two groups together, of so many questions each."""
    made: Floats = ((one * count + other * more) / max(count + more, 1)).astype(np.float32)
    return made


def without(middle: Floats, count: int, part: Floats, gone: int) -> Floats:
    """Return the middle of a group of `count` without `gone` questions whose middle is `part`."""
    made: Floats = ((middle * count - part * gone) / max(count - gone, 1)).astype(np.float32)
    return made
