"""`faq.learn` learns what weighs the signals, what confidence means, and keeps it on disk."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from letter_base import WORDINGS, KnownVectors, LetterEncoder, asked, library, shown

import text as reading
from assistant import Desk
from faq import kept as stored
from faq.entry import make_library
from faq.index import Index, build
from faq.language import Form, form_of
from faq.learn import Known, hidden_from_itself, learn, matcher
from faq.match import Matcher, ask, rank
from text import Language

CHANGED = {**WORDINGS, "cpr": ["how to press a chest", "chest compressions"]}
STRAYS = ("who won the match", "cricket score today", "bus to the market")


def known(text: str, *entries: str) -> Known:
    """Return a labelled question, read by letters."""
    return Known(text, LetterEncoder().vector(text), Form.EN, frozenset(entries))


LABELLED = (
    known("washing hands with soap", "hand-washing"),
    known("does a mosquito spread malaria", "malaria-spread"),
    known("helping a burn", "burns"),
    known("who won the cricket"),
    known("train to the market"),
)


@pytest.fixture(scope="module")
def index() -> Index:
    """An index of three entries, and three sentences that none of them answers."""
    return build(library(WORDINGS, {Language.EN: STRAYS}), LetterEncoder())


@pytest.mark.parametrize("labelled", [(), LABELLED], ids=["guessed", "measured"])
@pytest.mark.parametrize("form", [None, Form.EN, Form.UR_LATIN])
def test_the_same_base_gives_the_same_ranking(
    form: Form | None, labelled: tuple[Known, ...]
) -> None:
    """Two matchers that learnt from the same wordings agree to the last digit."""
    one, other = (learn(build(library(WORDINGS), LetterEncoder()), labelled) for _ in range(2))

    assert shown(asked(one, "malaria mosquito", form)) == shown(
        asked(other, "malaria mosquito", form)
    )


def test_learning_does_not_depend_on_the_order_of_files() -> None:
    """Entries are sorted by id."""
    turned = dict(reversed(WORDINGS.items()))
    one, other = (learn(build(library(base), LetterEncoder())) for base in (WORDINGS, turned))

    assert shown(asked(one, "wash hands")) == shown(asked(other, "wash hands"))


def test_labelled_questions_change_what_confidence_means_and_nothing_else(index: Index) -> None:
    """The order of entries is learnt from the base alone."""
    guessed, measured = learn(index), learn(index, LABELLED)

    np.testing.assert_array_equal(guessed.ranker, measured.ranker)
    np.testing.assert_array_equal(guessed.gate, measured.gate)
    assert guessed.calibration.slope != measured.calibration.slope
    assert len(LABELLED) == len(measured.calibration.confidences)


def test_a_question_that_finds_another_entry_than_its_label_lowers_confidence(
    index: Index,
) -> None:
    """Right is what people say is right; one of several accepted entries will do."""
    wrong = [
        known(one.text, "burns" if one.entries == {"hand-washing"} else "cpr") for one in LABELLED
    ]
    accepted = [known(one.text, *one.entries, "cpr") for one in LABELLED]
    low, plain, same = (
        asked(learn(index, labelled), "wash hands").confidence()
        for labelled in (wrong, LABELLED, accepted)
    )

    assert low < plain
    assert plain == pytest.approx(same, abs=1e-4)


def test_a_base_without_background_can_be_learnt_from() -> None:
    """It begins with a few entries."""
    bare = build(library(WORDINGS), LetterEncoder())
    confidence = asked(learn(bare), "how to wash hands").confidence()

    assert 0.0 < confidence < 1.0


# Of each of eight entries' texts, and of each language's background: what is known, what is asked.
KEPT, ASKED = slice(0, 8), slice(8, 14)
KEPT_STRAYS, ASKED_STRAYS = slice(0, 48), slice(48, 72)


@dataclass(frozen=True)
class Tried:
    """One held-out sentence: how sure the matcher was, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True)
class HeldOut:
    """A base of eight entries, and real sentences that it never saw; half of them labelled."""

    index: Index
    labelled: tuple[Known, ...]
    rest: tuple[Known, ...]

    def tried(self, made: Matcher) -> list[Tried]:
        """Ask what is not labelled, least sure first."""
        results = []
        for one in self.rest:
            ranking = rank(made, ask(self.index, one.text), one.vector, one.form)
            right = ranking.candidates[0].entry in one.entries
            results.append(Tried(ranking.confidence(), right))
        return sorted(results, key=lambda one: one.confidence)


@pytest.fixture(scope="module")
def held_out(desk: Desk, read_index: Index) -> HeldOut:
    """Wordings and background sentences of the starter base, some taken out to be asked."""
    base, encoder = desk.library, KnownVectors(read_index)
    said: list[tuple[frozenset[str], Language, str]] = []
    entries = {}
    for id_, entry in list(base.entries.items())[:8]:
        texts = {}
        for language, text in entry.texts.items():
            said += [(frozenset({id_}), language, line) for line in text.wordings[ASKED]]
            texts[language] = text.model_copy(update={"wordings": text.wordings[KEPT]})
        entries[id_] = entry.model_copy(update={"texts": texts})
    for language, lines in base.background.items():
        said += [(frozenset(), language, line) for line in lines[ASKED_STRAYS]]
    unheld = {language: lines[KEPT_STRAYS] for language, lines in base.background.items()}
    index = build(make_library(entries, base.phrases, unheld), encoder)
    questions = tuple(
        Known(line, encoder.vector(reading.normalise(line)), form_of(line, language), wanted)
        for wanted, language, line in said
    )
    return HeldOut(index, questions[::2], questions[1::2])


@pytest.fixture(scope="module")
def measured(held_out: HeldOut) -> list[Tried]:
    """What a matcher with labelled questions made of others."""
    return held_out.tried(learn(held_out.index, held_out.labelled))


def test_confidence_is_the_share_of_right_answers(measured: list[Tried]) -> None:
    """Calibrated: of what is given 0.9, about nine in ten are right, in every quarter."""
    away = [
        abs(np.mean([one.confidence for one in part]) - np.mean([one.right for one in part]))
        for part in np.array_split(np.array(measured, object), 4)
    ]

    assert 100 < len(measured)
    assert 0.15 > max(away)


def test_the_surer_the_more_often_right(measured: list[Tried]) -> None:
    """The order of confidence is an order of truth."""
    parts = np.array_split(np.array(measured, object), 4)
    right = [float(np.mean([one.right for one in part])) for part in parts]

    assert right == sorted(right)
    assert 0.1 > right[0]
    assert 0.85 < right[-1]


def test_without_labelled_questions_confidence_is_cautious(held_out: HeldOut) -> None:
    """Hidden wordings are harder than what people ask: a new base answers less at once."""
    guessed = held_out.tried(learn(held_out.index))
    confident = float(np.mean([one.confidence for one in guessed]))
    right = float(np.mean([one.right for one in guessed]))

    assert 0.3 * right < confident < right


# ---- a wording hidden from itself


def test_a_wording_hidden_from_itself_is_found_by_its_siblings(index: Index) -> None:
    """Or finds another entry; asking changes nothing that is kept."""
    made = learn(index)
    rows = [row.text for row in index.rows]
    before = shown(asked(made, "malaria mosquito"))
    found, share = hidden_from_itself(made, rows.index("malaria from a mosquito"))

    assert "malaria-spread" == found
    assert 0.0 < share <= 1.0
    assert before == shown(asked(made, "malaria mosquito"))


# ---- kept on disk


def test_what_was_learnt_is_kept_and_read_again(index: Index, tmp_path: Path) -> None:
    """The second start reads numbers instead of learning them, and says the very same."""
    kept = tmp_path / "matcher.npz"
    made = matcher(index, LABELLED, kept)
    written = kept.stat().st_mtime_ns
    again = matcher(index, LABELLED, kept)

    assert written == kept.stat().st_mtime_ns
    assert shown(asked(made, "wash hands")) == shown(asked(again, "wash hands"))
    assert made.calibration.least(0.3) == again.calibration.least(0.3)
    assert ["matcher.npz"] == [path.name for path in tmp_path.iterdir()]


def test_nothing_is_written_without_a_file_to_keep(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learns, and that is all."""
    monkeypatch.chdir(tmp_path)
    one, other = learn(index, LABELLED), matcher(index, LABELLED)

    assert shown(asked(one, "wash hands")) == shown(asked(other, "wash hands"))
    assert [] == list(tmp_path.iterdir())


def test_what_was_learnt_from_other_wordings_is_learnt_again(index: Index, tmp_path: Path) -> None:
    """Numbers of an older knowledge base are not used."""
    kept = tmp_path / "matcher.npz"
    matcher(index, (), kept)
    changed = build(library(CHANGED), LetterEncoder())
    made = matcher(changed, (), kept)

    assert shown(asked(learn(changed), "press chest")) == shown(asked(made, "press chest"))


@pytest.mark.parametrize(
    "labelled",
    [
        (),
        LABELLED[:-1],
        (*LABELLED[:-1], known("bus to the market")),
        (*LABELLED[:-1], known(LABELLED[-1].text, "burns")),
        (*LABELLED[:-1], replace(LABELLED[-1], form=None)),
    ],
    ids=["none", "fewer", "text", "entry", "form"],
)
def test_what_was_measured_on_other_questions_is_measured_again(
    index: Index, tmp_path: Path, labelled: tuple[Known, ...]
) -> None:
    """Someone adds a labelled question, and confidence follows."""
    kept = tmp_path / "matcher.npz"
    matcher(index, LABELLED, kept)
    before = kept.read_bytes()
    made = matcher(index, labelled, kept)

    assert before != kept.read_bytes()
    assert shown(asked(learn(index, labelled), "wash hands")) == shown(asked(made, "wash hands"))


@pytest.mark.parametrize("new", [1, 4], ids=["a-wording", "a-tenth"])
def test_what_was_learnt_serves_on_while_the_base_is_much_the_same(
    tmp_path: Path, new: int
) -> None:
    """A running bot need not learn anew after each wording; what is kept stays as it is."""
    kept = tmp_path / "matcher.npz"
    many = {**WORDINGS, "burns": [f"burn at place {number}" for number in range(30)]}
    first = matcher(build(library(many), LetterEncoder()), LABELLED, kept)
    whole = kept.read_bytes()
    more = {**many, "cpr": [f"how to press a chest {number}" for number in range(new)]}
    changed = build(library(more), LetterEncoder())
    made = matcher(changed, (), kept, older=True)

    older = Matcher(changed, first.ranker, first.gate, first.calibration)
    serves_on = shown(asked(older, "press chest")) == shown(asked(made, "press chest"))
    assert (new == 1) == serves_on == (whole == kept.read_bytes())


def test_what_was_learnt_of_other_signals_does_not_serve(index: Index, tmp_path: Path) -> None:
    """An older version weighed less; its numbers do not fit."""
    kept, few = tmp_path / "matcher.npz", np.zeros((2, 3))
    measured = {name: np.zeros(2) for name in ("line", "confidences", "wrong")}
    stored.write(kept, {"state": np.array("old"), "ranker": few, "gate": few, **measured})
    made = matcher(index, (), kept, older=True)

    assert shown(asked(learn(index), "wash hands")) == shown(asked(made, "wash hands"))


def one_array(_: bytes) -> bytes:
    """Return a file that numpy reads as one array."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


def other_arrays(_: bytes) -> bytes:
    """Return a file as an older version left it."""
    buffer = io.BytesIO()
    np.savez(buffer, digest=np.array("old"), ranker=np.zeros(3), gate=np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: b"no archive",
        lambda whole: whole[: len(whole) // 2],
        one_array,
        other_arrays,
    ],
    ids=["empty", "other", "cut-short", "one-array", "older"],
)
def test_a_broken_file_is_made_again(
    index: Index, tmp_path: Path, damaged: Callable[[bytes], bytes]
) -> None:
    """A power cut must not keep the bot from starting."""
    kept = tmp_path / "matcher.npz"
    wanted = matcher(index, (), kept)
    whole = kept.read_bytes()
    kept.write_bytes(damaged(whole))
    made = matcher(index, (), kept)

    assert shown(asked(wanted, "wash hands")) == shown(asked(made, "wash hands"))
    assert len(whole) == len(kept.read_bytes())
