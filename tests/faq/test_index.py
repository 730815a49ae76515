"""`faq.index`: vectors of all wordings, kept on disk, and made again when they cannot be used."""

import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from faq import kept as stored
from faq.entry import Entry, Library, Phrases, make_library
from faq.index import FORMAT, HEAD_RIDGE, SHRINKAGE, Index, build, rows_of
from faq.language import Form
from text import Language

Floats = npt.NDArray[np.float32]

WORDINGS = {
    "hand-washing": ["how to wash hands", "soap and water", "when to wash hands"],
    "malaria-signs": ["signs of malaria", "is fever malaria"],
    "malaria-spread": ["how does malaria spread", "malaria from mosquito", "मलेरिया कैसे फैलता है"],
}
BACKGROUND = {Language.EN: ("who won the match",), Language.HI: ("kal barish hogi kya",)}


class CountingEncoder:
    """Turns texts into vectors of their letter pairs, and remembers what it was asked."""

    def __init__(self, digest: str = "first", size: int = 32) -> None:
        self.digest, self.size = digest, size
        self.asked: list[str] = []

    def vector(self, text: str) -> Floats:
        self.asked.append(text)
        vector = np.zeros(self.size, np.float32)
        for at in range(len(text) - 1):
            vector[zlib.crc32(text[at : at + 2].encode()) % self.size] += 1
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)


def library(
    wordings: Mapping[str, list[str]],
    background: Mapping[Language, tuple[str, ...]] | None = None,
) -> Library:
    """Return a library of English entries; the first wording is the question."""
    entries = {
        id_: Entry.model_validate(
            {
                "id": id_,
                "kind": "service",
                "topic": "infections",
                "review": {"by": "sample", "on": "2026-11-20", "due": "2027-11-20"},
                "texts": {
                    "en": {
                        "question": said[0],
                        "wordings": said[1:],
                        "answer": "An answer of some length.",
                    }
                },
            }
        )
        for id_, said in wordings.items()
    }
    phrases = Phrases({Language.EN: {"topic_infections": "Infections"}})
    return make_library(entries, phrases, background)


@pytest.fixture
def index() -> Index:
    """The index of three entries."""
    return build(library(WORDINGS, BACKGROUND), CountingEncoder())


def test_rows_are_wordings_sorted_by_entry_question_first() -> None:
    """Every search stands on this order."""
    entries, rows = rows_of(library(WORDINGS))

    assert tuple(WORDINGS) == entries
    assert [said for wordings in WORDINGS.values() for said in wordings] == [
        row.text for row in rows
    ]
    assert [0, 0, 0, 1, 1, 2, 2, 2] == [row.entry for row in rows]


def test_rows_know_their_language_and_script() -> None:
    """Hindi wordings stand in Devanagari and in Latin letters."""
    made = library({"tb": ["what is tb"]})
    hindi = {
        "question": "टीबी क्या है",
        "wordings": ["tb kya hai"],
        "answer": "टीबी एक बीमारी है जो फैलती है।",
    }
    whole = made.entries["tb"].model_dump(by_alias=True)
    entry = Entry.model_validate({**whole, "texts": {**whole["texts"], "hi": hindi}})

    _, rows = rows_of(make_library({"tb": entry}, made.phrases))

    assert [Form.EN, Form.HI, Form.HI_LATIN] == [row.form for row in rows]


def test_the_best_row_of_each_entry_counts(index: Index) -> None:
    """One near wording is enough."""
    scores = np.array([1, 5, 2, 7, 3, 0, 4, 9], np.float32)

    assert [5.0, 7.0, 9.0] == index.best(scores).tolist()


def test_the_best_few_rows_of_an_entry_count(index: Index) -> None:
    """Their mean; an entry with fewer rows counts those it has."""
    scores = np.array([0.1, 0.5, 0.2, 0.7, 0.3, 0.0, 0.4, 0.9], np.float32)
    entries = np.array([2, 0, 1], np.int32)

    assert [0.9, 0.5, 0.7] == pytest.approx(index.near(scores, entries, 1).tolist())
    assert [0.65, 0.35, 0.5] == pytest.approx(index.near(scores, entries, 2).tolist())
    assert [1.3 / 3, 0.8 / 3, 0.5] == pytest.approx(index.near(scores, entries, 9).tolist())


def test_a_hidden_row_does_not_count_among_the_best_few(index: Index) -> None:
    """It has a score of minus one; of an entry with nothing else, nothing is left."""
    scores = np.array([-1, 0.5, 0.2, -1, -1, 0, 0.4, 0.9], np.float32)
    near = index.near(scores, np.array([0, 1], np.int32), 3)

    assert [0.35, 0.0] == pytest.approx(near.tolist())


def test_rows_of_entries_are_listed_filled_up_to_the_longest(index: Index) -> None:
    """So that all entries are looked at in one step."""
    assert [[0, 1, 2], [3, 4, -1], [5, 6, 7]] == index.padded.tolist()


def test_vectors_are_of_length_one_without_what_all_share(index: Index) -> None:
    """Sentence encoders put all texts into one corner; what they share tells nothing."""
    np.testing.assert_allclose(np.linalg.norm(index.vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(index.vectors[3], index.whitened(index.raw[3]), atol=1e-5)


def test_a_vector_in_the_middle_of_all_points_nowhere(index: Index) -> None:
    """No division by nought."""
    np.testing.assert_allclose(index.whitened(index.mean), 0, atol=1e-4)


def test_whitening_undoes_the_spread_within_entries(index: Index) -> None:
    """With the shrinkage, it makes that spread alike in every direction (Fukunaga 1990)."""
    middles = np.array([index.raw[index.entry_of == e].mean(axis=0) for e in index.entry_of])
    away = (index.raw - middles).astype(np.float64)
    spread = away.T @ away / len(away)
    spread += SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    white = index.whitening.astype(np.float64)

    np.testing.assert_allclose(white.T @ spread @ white, np.eye(len(spread)), atol=1e-3)


def test_a_direction_in_which_wordings_of_one_entry_differ_counts_for_less() -> None:
    """Style tells nothing of the entry: the first axis is style, the second is what is asked."""
    said = np.array([[4, 2], [-4, 2], [4, -2], [-4, -2]], np.float32)
    raw = said / np.linalg.norm(said, axis=1, keepdims=True)
    entries, rows = rows_of(library({"a": ["one", "two"], "b": ["red", "sun"]}))
    index = Index(entries, rows, raw)

    before, after = raw @ raw[0], index.vectors @ index.vectors[0]
    assert before[1] < before[2]
    assert after[1] > after[2]


def test_centroids_point_at_the_middle_of_an_entry(index: Index) -> None:
    """The mean direction of its wordings."""
    middle = index.vectors[3:5].sum(axis=0)

    np.testing.assert_allclose(index.centroids[1], middle / np.linalg.norm(middle), atol=1e-5)


def test_the_background_is_a_class_of_its_own(index: Index) -> None:
    """The last row of the head; its sentences are whitened like wordings, and have leverage."""
    classes, sentences = len(index.entries) + 1, len(index.unheld)
    raw = index.unheld_raw[1]

    assert (classes, 32) == index.head.shape
    assert (len(index.rows) + sentences,) == index.leverage.shape
    assert (sentences, 32) == index.none_vectors.shape
    np.testing.assert_allclose(index.none_vectors[1], index.whitened(raw), atol=1e-5)
    leaning = index.none_vectors @ index.head.T
    assert [classes - 1] * sentences == leaning.argmax(axis=1).tolist()


@pytest.mark.parametrize("own", [6, 8], ids=["wording", "background"])
def test_the_head_foretells_a_row_that_it_never_saw(index: Index, own: int) -> None:
    """The short cut by leverage gives the very scores of a fit without that row."""
    vectors = np.concatenate([index.vectors, index.none_vectors]).astype(np.float64)
    classes = [*index.entry_of, *[len(index.entries)] * len(index.unheld)]
    wanted = np.eye(len(index.entries) + 1)[classes]
    rest = np.delete(vectors, own, axis=0)
    gram = rest.T @ rest + HEAD_RIDGE * np.eye(rest.shape[1])
    without = vectors[own] @ np.linalg.solve(gram, rest.T @ np.delete(wanted, own, axis=0))

    fitted = index.head @ vectors[own]
    short = wanted[own] - (wanted[own] - fitted) / (1 - index.leverage[own])

    np.testing.assert_allclose(short, without, atol=1e-4)


def test_without_background_its_class_leans_nowhere() -> None:
    """A knowledge base may have none."""
    bare = build(library(WORDINGS), CountingEncoder())

    assert (0, 32) == bare.none_vectors.shape
    assert [0.0] * 32 == bare.head[-1].tolist()
    assert len(bare.rows) == len(bare.leverage)


def test_what_was_seen_before_is_read_from_the_file(tmp_path: Path) -> None:
    """A start need not encode thousands of wordings again; the index is the same."""
    first, second = CountingEncoder(), CountingEncoder()
    made = build(library(WORDINGS, BACKGROUND), first, tmp_path / "index.npz")
    again = build(library(WORDINGS, BACKGROUND), second, tmp_path / "index.npz")

    assert 10 == len(first.asked)
    assert [] == second.asked
    assert made.digest == again.digest


def test_only_new_wordings_are_encoded(tmp_path: Path) -> None:
    """A writer who adds one line waits for one line."""
    build(library(WORDINGS), CountingEncoder(), tmp_path / "index.npz")
    encoder = CountingEncoder()
    build(library({**WORDINGS, "cpr": ["how to press a chest"]}), encoder, tmp_path / "index.npz")

    assert ["how to press a chest"] == encoder.asked


def test_a_wording_that_stands_twice_is_encoded_once() -> None:
    """“malaria” may stand in all languages."""
    encoder = CountingEncoder()
    build(library({"a": ["malaria", "malaria "], "b": ["MALARIA", "malaria"]}), encoder)

    assert ["MALARIA", "malaria"] == sorted(encoder.asked)


def test_what_is_no_longer_said_leaves_the_file(tmp_path: Path) -> None:
    """The file does not grow for ever."""
    kept = tmp_path / "index.npz"
    build(library(WORDINGS), CountingEncoder(), kept)
    build(library({"a": ["something new"]}), CountingEncoder(), kept)

    with np.load(kept) as file:
        assert ("something new",) == stored.unpacked(file["texts"])


def test_another_encoder_makes_all_vectors_again(tmp_path: Path) -> None:
    """Vectors of two models do not mix, even of one size."""
    build(library(WORDINGS), CountingEncoder("first"), tmp_path / "index.npz")
    encoder = CountingEncoder("second")
    build(library(WORDINGS), encoder, tmp_path / "index.npz")

    assert 8 == len(encoder.asked)


def test_nothing_is_written_without_a_file_to_keep(tmp_path: Path) -> None:
    """Tests and `check` leave no trace."""
    build(library(WORDINGS), CountingEncoder())

    assert [] == list(tmp_path.iterdir())


def test_the_file_appears_whole_in_a_new_folder(tmp_path: Path) -> None:
    """With what was prepared of it, and no half-written file beside them."""
    build(library(WORDINGS), CountingEncoder(), tmp_path / "new" / "index.npz")

    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert ["index.npz", "prepared.npz"] == names


def other_layout(_: bytes) -> bytes:
    """Return a file of the right kind with other arrays in it."""
    buffer = io.BytesIO()
    np.savez(buffer, something=np.zeros(3))
    return buffer.getvalue()


def single_array(_: bytes) -> bytes:
    """Return a file that numpy reads as one array."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def too_few_vectors(_: bytes) -> bytes:
    """Return a file whose vectors do not fit its texts."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        made=np.array(f"{FORMAT} first"),
        texts=stored.packed(["a", "b"]),
        vectors=np.zeros((1, 32)),
    )
    return buffer.getvalue()


DAMAGED = pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: b"not an archive at all",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:400] + b"\xff" * 40 + whole[440:],
        other_layout,
        single_array,
        too_few_vectors,
    ],
    ids=["empty", "other", "cut-short", "bits-turned", "arrays", "one-array", "too-few"],
)


@DAMAGED
def test_a_broken_file_is_made_again(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    """A power cut must not keep the bot from starting."""
    kept = tmp_path / "index.npz"
    wanted = build(library(WORDINGS), CountingEncoder(), kept).digest
    kept.write_bytes(damaged(kept.read_bytes()))
    mended, after = CountingEncoder(), CountingEncoder()

    assert wanted == build(library(WORDINGS), mended, kept).digest
    assert 8 == len(mended.asked)
    build(library(WORDINGS), after, kept)
    assert [] == after.asked


def shown(index: Index) -> dict[str, object]:
    """Return what a question would meet in an index, as plain values."""
    asked = "mosquito fever"
    return {
        "digest": index.digest,
        "vectors": index.vectors.tolist(),
        "centroids": index.centroids.tolist(),
        "head": index.head.tolist(),
        "leverage": index.leverage.tolist(),
        "background": index.none_vectors.tolist(),
        "whitened": index.whitened(index.raw[0]).tolist(),
        "texts": (index.letter_texts, index.sound_texts),
        "letters": index.letters.likeness(asked).tolist(),
        "sounds": index.sounds.likeness("mskt fvr").tolist(),
        "words": index.words.coverage("mskt fvr mlr").tolist(),
        "language": index.detector.guess("kal barish hogi"),
    }


def test_what_was_prepared_is_read_from_the_file(tmp_path: Path) -> None:
    """A start takes less time, and the index is the very same."""
    kept, prepared = tmp_path / "index.npz", tmp_path / "prepared.npz"
    made = build(library(WORDINGS, BACKGROUND), CountingEncoder(), kept)
    written = prepared.stat().st_mtime_ns
    again = build(library(WORDINGS, BACKGROUND), CountingEncoder(), kept)

    assert written == prepared.stat().st_mtime_ns
    assert shown(made) == shown(again)
    assert shown(made) == shown(build(library(WORDINGS, BACKGROUND), CountingEncoder()))


@DAMAGED
def test_what_was_prepared_is_made_again_when_its_file_is_broken(
    tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    """A power cut costs time, nothing else."""
    kept, prepared = tmp_path / "index.npz", tmp_path / "prepared.npz"
    wanted = shown(build(library(WORDINGS), CountingEncoder(), kept))
    whole = prepared.read_bytes()
    prepared.write_bytes(damaged(whole))

    assert wanted == shown(build(library(WORDINGS), CountingEncoder(), kept))
    assert len(whole) == len(prepared.read_bytes())


@pytest.mark.parametrize(
    ("wordings", "background"),
    [
        ({**WORDINGS, "malaria-signs": ["signs of malaria", "fever malaria"]}, BACKGROUND),
        ({id_: said for id_, said in WORDINGS.items() if id_ != "malaria-signs"}, BACKGROUND),
        (WORDINGS, {Language.EN: ("who won the game",)}),
        (WORDINGS, None),
    ],
    ids=["wording", "entry", "background", "no-background"],
)
def test_what_was_prepared_of_other_content_is_not_used(
    tmp_path: Path,
    wordings: Mapping[str, list[str]],
    background: Mapping[Language, tuple[str, ...]] | None,
) -> None:
    """An editor saves, and the index follows, also when all vectors are known already."""
    kept = tmp_path / "index.npz"
    build(library(WORDINGS, BACKGROUND), CountingEncoder(), kept)
    changed = build(library(wordings, background), CountingEncoder(), kept)

    assert shown(build(library(wordings, background), CountingEncoder())) == shown(changed)


def test_progress_is_told_from_the_first_to_the_last() -> None:
    """A person who waits sees how far it is, and nobody is told of nothing."""
    told: list[tuple[str, int, int]] = []
    many = {"a": [f"wording number {number}" for number in range(120)]}
    build(library(many), CountingEncoder(), progress=lambda *said: told.append(said))

    assert [("reading wordings", done, 120) for done in (1, 51, 101, 120)] == told


@pytest.mark.parametrize(
    ("wordings", "background"),
    [
        ({**WORDINGS, "malaria-signs": ["signs of malaria", "fever malaria"]}, BACKGROUND),
        ({**WORDINGS, "a-new-one": ["something"]}, BACKGROUND),
        (
            {
                ("malaria-sign" if id_ == "malaria-signs" else id_): said
                for id_, said in WORDINGS.items()
            },
            BACKGROUND,
        ),
        (WORDINGS, {Language.EN: ("who won the game",)}),
    ],
    ids=["wording", "entry", "id", "background"],
)
def test_the_digest_changes_with_all_that_is_learnt_from(
    index: Index,
    wordings: Mapping[str, list[str]],
    background: Mapping[Language, tuple[str, ...]],
) -> None:
    """What was learnt from other content must not be used."""
    other = build(library(wordings, background), CountingEncoder())

    assert index.digest != other.digest


def test_the_digest_changes_with_the_encoder(index: Index) -> None:
    """Other vectors, other weights."""
    other = build(library(WORDINGS, BACKGROUND), CountingEncoder(size=16))

    assert index.digest != other.digest


def test_the_digest_of_the_same_content_is_the_same(index: Index) -> None:
    """On every start."""
    assert index.digest == build(library(WORDINGS, BACKGROUND), CountingEncoder()).digest


def test_a_library_of_one_wording_has_an_index() -> None:
    """A knowledge base begins with its first entry."""
    index = build(library({"tb": ["what is tb"]}), CountingEncoder())

    assert ("tb",) == index.entries
    assert np.isfinite(index.head).all()
