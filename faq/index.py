"""Vectors and n-grams of all wordings, kept on disk, and what was learnt from them.

Rows are wordings (each entry's question first), sorted by entry, all languages together: a Hindi
question may be found through a Swahili wording.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

import text as reading
from faq import kept as stored
from faq.entry import Library
from faq.language import Detector, Form, feature_counts, form_of
from faq.signals import Grams, Words, gram_index, letters, skeleton, word_counts

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Progress = Callable[[str, int, int], None]
"""Told (what, done, of)."""

FORMAT = 9  # raise it when the meaning of what is kept on disk changes
LETTER_GRAMS = (2, 4)
SOUND_GRAMS = (1, 4)
HEAD_RIDGE = 2.0
SHRINKAGE = 0.5


class Encodes(Protocol):
    """What the index needs of an encoder."""

    digest: str
    size: int

    def vector(self, text: str) -> Floats:
        """Return the unit vector of a text, shape (size,)."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One wording."""

    entry: int
    form: Form
    text: str


class Index:
    """All wordings of a library, ready for `faq.match`."""

    def __init__(  # noqa: PLR0913, PLR0917 - what an index is made of
        self,
        entries: tuple[str, ...],
        rows: tuple[Row, ...],
        raw: Floats,
        unheld: tuple[tuple[Form, str], ...] = (),
        unheld_raw: Floats | None = None,
        kept: Path | None = None,
    ) -> None:
        """Prepare the arrays.

        Args:
            entries: Ids, in library order.
            rows: Wordings, sorted by entry.
            raw: Their unit vectors as the encoder gave them, shape (rows, size).
            unheld: Sentences that must find no entry.
            unheld_raw: Their unit vectors, shape (sentences, size).
            kept: The file that keeps what takes long to prepare; None keeps nothing.
        """
        self.entries = entries
        self.rows = rows
        self.raw = raw
        self.unheld = unheld
        self.unheld_raw = raw[:0] if unheld_raw is None else unheld_raw
        self.digest = digest(entries, rows, raw, unheld, self.unheld_raw)
        self.entry_of = np.array([row.entry for row in rows], np.int32)
        self.starts = np.searchsorted(self.entry_of, np.arange(len(entries))).astype(np.int32)
        self.padded = _padded(self.entry_of, len(entries))
        self.mean: Floats = raw.mean(axis=0)
        made = stored.read(kept) if kept else {}
        if str(made.get("digest", "")) != self.digest:
            made = self._prepared()
            if kept:
                stored.write(kept, made)
        self.whitening: Floats = made["whitening"]
        self.vectors: Floats = made["vectors"]
        self.head: Floats = made["head"]
        self.leverage: Floats = made["leverage"]
        self.none_vectors: Floats = made["none vectors"]
        self.sums: Floats = np.add.reduceat(self.vectors, self.starts, axis=0)
        self.centroids = _units(self.sums)
        self.letter_texts = stored.unpacked(made["letter texts"])
        self.sound_texts = stored.unpacked(made["sound texts"])
        self.letters = Grams.from_arrays(*LETTER_GRAMS, made, "letters")
        self.sounds = Grams.from_arrays(*SOUND_GRAMS, made, "sounds")
        self.words = Words((), len(entries), made)
        self.detector = Detector((), made)

    def _prepared(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that takes long, by name, as it is kept on disk."""
        centred: Floats = (self.raw - self.mean).astype(np.float32)
        whitening = _whitening(centred, self.entry_of)
        vectors = _units((centred @ whitening).astype(np.float32))
        none_vectors = _units(((self.unheld_raw - self.mean) @ whitening).astype(np.float32))
        none_of = np.full(len(none_vectors), len(self.entries), np.int32)
        head, leverage = _head(
            np.concatenate([vectors, none_vectors]),
            np.concatenate([self.entry_of, none_of]),
            len(self.entries) + 1,
        )
        letter_texts = [letters(row.text) for row in self.rows]
        sound_texts = [skeleton(row.text) for row in self.rows]
        return {
            "digest": np.array(self.digest),
            "whitening": whitening,
            "vectors": vectors,
            "none vectors": none_vectors,
            "head": head,
            "leverage": leverage,
            "letter texts": stored.packed(letter_texts),
            "sound texts": stored.packed(sound_texts),
            **gram_index(letter_texts, *LETTER_GRAMS).arrays("letters"),
            **gram_index(sound_texts, *SOUND_GRAMS).arrays("sounds"),
            **word_counts(zip(self.entry_of.tolist(), sound_texts, strict=True)),
            **feature_counts([*((row.form, row.text) for row in self.rows), *self.unheld]),
        }

    def whitened(self, vector: Floats) -> Floats:
        """Return a question's vector as `vectors` hold those of wordings: unit, shape kept."""
        turned: Floats = ((vector - self.mean) @ self.whitening).astype(np.float32)
        made: Floats = _units(turned[None, :])[0]
        return made

    def release(self) -> None:
        """Drop the encoder's own vectors, which only learning needs."""
        self.raw, self.unheld_raw = self.raw[:0].copy(), self.unheld_raw[:0].copy()

    def with_row(self, row: Row, vector: Floats) -> "Index":
        """Return the index as it would be with one more wording, cheaply.

        Whitening, head and the rarity of n-grams stay as they are: one wording hardly changes them.
        It is for looking, not for learning from, and does not know the encoder's vectors.

        Args:
            row: The new wording; it stands behind the others of its entry.
            vector: Its vector, whitened, unit.
        """
        at = self.rows_of(row.entry).stop
        made = copy(self)
        made.raw = made.unheld_raw = self.raw[:0]
        made.digest = ""
        made.rows = (*self.rows[:at], row, *self.rows[at:])
        made.entry_of = np.insert(self.entry_of, at, row.entry)
        made.starts = self.starts + (np.arange(len(self.starts)) > row.entry).astype(np.int32)
        made.padded = _padded(made.entry_of, len(self.entries))
        made.vectors = np.insert(self.vectors, at, vector, axis=0)
        made.leverage = np.insert(self.leverage, at, 0)
        made.sums = self.sums.copy()
        made.sums[row.entry] += vector
        made.centroids = _units(made.sums)
        words, bones = letters(row.text), skeleton(row.text)
        made.letter_texts = (*self.letter_texts[:at], words, *self.letter_texts[at:])
        made.sound_texts = (*self.sound_texts[:at], bones, *self.sound_texts[at:])
        made.letters = self.letters.with_row(at, words)
        made.sounds = self.sounds.with_row(at, bones)
        made.words = self.words.with_row(row.entry, bones)
        return made

    def rows_of(self, entry: int) -> slice:
        """Return where the rows of an entry stand."""
        last = entry + 1 == len(self.starts)
        end = len(self.rows) if last else int(self.starts[entry + 1])
        return slice(int(self.starts[entry]), end)

    def near(self, scores: Floats, entries: Ints, count: int) -> Floats:
        """Return the mean of the best `count` row scores of some entries, shape (entries,)."""
        rows = self.padded[entries]
        inside = np.where(rows >= 0, scores[rows], -1.0)
        count = min(count, inside.shape[1])
        best = -np.partition(-inside, count - 1, axis=1)[:, :count]
        known = best > -1.0
        made: Floats = np.where(known, best, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return made.astype(np.float32)

    def best(self, scores: Floats) -> Floats:
        """Return each entry's best row score, shape (entries,)."""
        made: Floats = np.maximum.reduceat(scores, self.starts)
        return made


def _padded(entry_of: Ints, entries: int) -> Ints:
    """Return the rows of each entry, shape (entries, most rows), filled up with -1."""
    counts = np.bincount(entry_of, minlength=entries)
    made = np.full((entries, int(counts.max(initial=0))), -1, np.int32)
    made[np.arange(made.shape[1]) < counts[:, None]] = np.arange(len(entry_of))
    return made


def _whitening(centred: Floats, entry_of: Ints) -> Floats:
    """Return what makes the spread within entries alike in all directions, shape (size, size).

    Directions in which wordings of one entry differ (language, style) then count for less than
    those that tell entries apart (within-class whitening with shrinkage; Fukunaga 1990).
    """
    entries = int(entry_of.max(initial=0)) + 1
    sums = np.zeros((entries, centred.shape[1]), np.float32)
    np.add.at(sums, entry_of, centred)
    counts = np.maximum(np.bincount(entry_of, minlength=entries), 1)[:, None]
    within = centred - (sums / counts)[entry_of]
    spread = (within.T @ within / max(len(centred), 1)).astype(np.float64)
    size = len(spread)
    spread += max(SHRINKAGE * np.trace(spread) / size, 1e-6) * np.eye(size)
    values, directions = np.linalg.eigh(spread)
    made: Floats = ((directions * values**-0.5) @ directions.T).astype(np.float32)
    return made


def _units(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made: Floats = vectors / np.maximum(lengths, 1e-9)
    return made


def _head(vectors: Floats, entry_of: Ints, entries: int) -> tuple[Floats, Floats]:
    """Fit a linear classifier by ridge regression, and what leaving one row out needs.

    Returns:
        Weights (entries, size) and the leverage of each row (rows,).
    """
    gram = vectors.T @ vectors + HEAD_RIDGE * np.eye(vectors.shape[1], dtype=np.float32)
    inverse = np.linalg.inv(gram.astype(np.float64)).astype(np.float32)
    # What is wanted of a row is one at its entry and nought elsewhere, so a product is a sum.
    sums = np.zeros((entries, vectors.shape[1]), np.float32)
    np.add.at(sums, entry_of, vectors)
    leverage: Floats = np.einsum("ij,jk,ik->i", vectors, inverse, vectors, optimize=True)
    weights: Floats = sums @ inverse
    return weights, leverage


def rows_of(library: Library) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return the ids of a library and all its wordings."""
    entries = tuple(library.entries)
    rows = tuple(
        Row(number, form_of(wording, language), wording)
        for number, entry in enumerate(library.entries.values())
        for language, text in entry.texts.items()
        for wording in (text.question, *text.wordings)
    )
    return entries, rows


def vectors_of(
    said: Sequence[str],
    encoder: Encodes,
    kept: Path | None = None,
    progress: Progress | None = None,
    encode: Callable[[str], npt.NDArray[Any]] | None = None,
) -> npt.NDArray[Any]:
    """Return the unit vectors of texts, shape (texts, size); known ones come from `kept`.

    Args:
        said: The texts, as people wrote them.
        encoder: Turns them into vectors.
        kept: The file to read known vectors from and to write all to; None keeps nothing.
        progress: Told how many of the new ones are done.
        encode: What to keep of a text instead of its vector.
    """
    texts = [reading.normalise(text) for text in said]
    known = _read(kept, encoder) if kept else {}
    missing = sorted(set(texts) - known.keys())
    # One text uses one core; the runtime works outside the interpreter's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, vector in enumerate(pool.map(encode or encoder.vector, missing)):
            known[missing[number]] = vector
            if progress and (number % 50 == 0 or number + 1 == len(missing)):
                progress("reading wordings", number + 1, len(missing))
    raw = np.array([known[text] for text in texts])
    if kept and missing:
        made = np.array(f"{FORMAT} {encoder.digest}")
        stored.write(kept, {"made": made, "texts": stored.packed(texts), "vectors": raw})
    return raw


def build(
    library: Library, encoder: Encodes, kept: Path | None = None, progress: Progress | None = None
) -> Index:
    """Build the index of a library; vectors of wordings that were seen before come from `kept`.

    Args:
        library: The knowledge base.
        encoder: Turns wordings into vectors.
        kept: The file to read known vectors from and to write all to; None keeps nothing.
        progress: Told how many of the new wordings are done.
    """
    entries, rows = rows_of(library)
    unheld = tuple(
        (form_of(line, language), line)
        for language, lines in library.background.items()
        for line in lines
    )
    said = [*(row.text for row in rows), *(text for _, text in unheld)]
    raw = vectors_of(said, encoder, kept, progress)
    parts = entries, rows, raw[: len(rows)], unheld, raw[len(rows) :]
    return Index(*parts, kept.with_name("prepared.npz") if kept else None)


def digest(
    entries: tuple[str, ...],
    rows: tuple[Row, ...],
    raw: Floats,
    unheld: tuple[tuple[Form, str], ...],
    unheld_raw: Floats,
) -> str:
    """Return a hash of everything that an index, and learning from it, depends on."""
    seen = hashlib.sha256(str(FORMAT).encode())
    seen.update(json.dumps(entries).encode())
    for row in rows:
        seen.update(f"{row.entry}\t{row.form}\t{row.text}\n".encode())
    for form, said in unheld:
        seen.update(f"{form}\t{said}\n".encode())
    seen.update(raw.tobytes())
    seen.update(unheld_raw.tobytes())
    return seen.hexdigest()


def _read(path: Path, encoder: Encodes) -> dict[str, Floats]:
    kept = stored.read(path)
    if not {"made", "texts", "vectors"} <= kept.keys():
        return {}
    if str(kept["made"]) != f"{FORMAT} {encoder.digest}":
        return {}
    texts = stored.unpacked(kept["texts"])
    if len(texts) != len(kept["vectors"]):
        return {}
    return dict(zip(texts, kept["vectors"], strict=True))
