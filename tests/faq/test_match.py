"""`faq.match` ranks entries and says how likely the answer is among them at all."""

import io
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text as reading
from assistant import Desk
from faq.entry import Entry, Library, Phrases, make_library
from faq.index import Index, build
from faq.language import Form, form_of
from faq.match import (
    CANDIDATES,
    SIGNALS,
    Candidate,
    Matcher,
    Ranking,
    hidden_from_itself,
    learn,
    matcher,
    rank,
)
from text import Language

Floats = npt.NDArray[np.float32]

WORDINGS = {
    "burns": ["what helps a burn", "burn first aid", "hot water on skin"],
    "hand-washing": ["how to wash hands", "soap and water", "when should hands be washed"],
    "malaria-spread": [
        "how does malaria spread",
        "malaria from a mosquito",
        "is malaria contagious",
    ],
}
NONSENSE = ("qqq", "asdfgh qwerty zxcvb", "xyzzy plugh frotz", "lorem ipsum dolor sit amet")


class LetterEncoder:
    """Turns texts into vectors of their letter pairs."""

    digest, size = "letters", 64

    def vector(self, text: str) -> Floats:
        vector = np.full(self.size, 0.01, np.float32)
        for at in range(len(text) - 1):
            vector[zlib.crc32(text[at : at + 2].encode()) % self.size] += 1
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


class KnownVectors:
    """Gives the real encoder's vectors of wordings that the desk has read already."""

    digest = "known"

    def __init__(self, index: Index) -> None:
        said = [row.text for row in index.rows], [text for _, text in index.unheld]
        self._vectors: dict[str, Floats] = {}
        for texts, raw in zip(said, (index.raw, index.unheld_raw), strict=True):
            self._vectors |= dict(zip(map(reading.normalise, texts), raw, strict=True))
        self.size = int(index.raw.shape[1])

    def vector(self, text: str) -> Floats:
        return self._vectors[text]


def library(wordings: Mapping[str, list[str]]) -> Library:
    """Return a library of English entries; the first wording is the question."""
    entries = {
        id_: Entry.model_validate(
            {
                "id": id_,
                "kind": "service",
                "topic": "care",
                "review": {"by": "sample", "on": "2026-11-20", "due": "2027-11-20"},
                "texts": {
                    "en": {
                        "question": said[0],
                        "wordings": said[1:],
                        "answer": "A text of some length.",
                    }
                },
            }
        )
        for id_, said in wordings.items()
    }
    return make_library(entries, Phrases({Language.EN: {"topic_care": "Care"}}))


def small(wordings: Mapping[str, list[str]]) -> Matcher:
    """Return a matcher over a few wordings."""
    return learn(build(library(wordings), LetterEncoder()))


def asked(made: Matcher, question: str, form: Form | None = Form.EN) -> Ranking:
    """Rank with the small encoder."""
    return rank(made, question, LetterEncoder().vector(question), form)


def really(desk: Desk, question: str) -> Ranking:
    """Rank with the starter knowledge base."""
    guess = desk.matcher.index.detector.guess(question)
    vector = desk.encoder.vector(reading.normalise(question))
    return rank(desk.matcher, question, vector, guess.form if guess else None)


@pytest.fixture(scope="module")
def three() -> Matcher:
    """A matcher over three entries."""
    return small(WORDINGS)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("how is malaria spread around", "malaria-spread"),
        ("मलेरिया किस तरह फैलता है", "malaria-spread"),
        ("malaria kis tarah failta hai", "malaria-spread"),
        ("ملیریا کس طرح پھیلتا ہے", "malaria-spread"),
        ("malaria kis terha phelta hai", "malaria-spread"),
        ("malaria inaenea kwa njia gani", "malaria-spread"),
        ("malaria menular dengan cara apa", "malaria-spread"),
        ("saanp ne kaat liya to kya karna chahiye", "snake-bite"),
    ],
)
def test_finds_the_entry_a_person_means(desk: Desk, question: str, entry: str) -> None:
    """In five languages, two of them also in Latin letters, and misspelt."""
    ranking = really(desk, question)

    assert entry == ranking.candidates[0].entry
    assert ranking.confidence() >= desk.limits.answer_at


def test_a_question_of_slips_is_at_least_offered(desk: Desk) -> None:
    """Four words of six are misspelt; the entry comes first, by a button if not at once."""
    ranking = really(desk, "wat r teh sings of diabtes")

    assert "diabetes-symptoms" == ranking.candidates[0].entry
    assert ranking.confidence() >= desk.limits.suggest_at


@pytest.mark.parametrize("question", NONSENSE)
def test_nonsense_finds_nothing(desk: Desk, question: str) -> None:
    """A stray health answer does more harm than saying that there is none."""
    ranking = really(desk, question)

    assert ranking.held < desk.limits.suggest_at
    assert ranking.confidence() < desk.limits.suggest_at


def test_a_hidden_answer_is_less_likely_held_than_a_known_one(desk: Desk) -> None:
    """A health question that no entry answers is a near miss, not a hit."""
    known = really(desk, "how does malaria spread")
    other = really(desk, "how does a kidney transplant work")

    assert other.held < known.held


@pytest.mark.parametrize("form", [None, *Form])
def test_the_same_question_gives_the_same_ranking(form: Form | None) -> None:
    """Two matchers that learnt from the same wordings agree to the last digit."""
    one, other = small(WORDINGS), small(WORDINGS)

    assert asked(one, "malaria mosquito", form) == asked(other, "malaria mosquito", form)


def test_learning_does_not_depend_on_the_order_of_files() -> None:
    """Entries are sorted by id."""
    turned = dict(reversed(WORDINGS.items()))

    assert asked(small(WORDINGS), "wash hands") == asked(small(turned), "wash hands")


@settings(max_examples=100, deadline=None, derandomize=True)
@given(question=st.text(max_size=60) | st.text(st.sampled_from("malriehowd ?"), max_size=40))
def test_candidates_come_likeliest_first_and_share_one(three: Matcher, question: str) -> None:
    """Whatever is asked, the numbers are probabilities."""
    ranking = asked(three, question)
    shares = [candidate.share for candidate in ranking.candidates]

    assert shares == sorted(shares, reverse=True)
    assert 1.0 == pytest.approx(sum(shares))
    assert 0.0 <= ranking.held <= 1.0


def test_confidence_is_the_share_of_what_is_held() -> None:
    """Of one candidate, and nothing for one that is not there."""
    ranking = Ranking(
        tuple(Candidate(id_, share, "", ()) for id_, share in (("a", 0.75), ("b", 0.25))), 0.5
    )

    assert 0.375 == ranking.confidence()
    assert 0.125 == ranking.confidence(1)
    assert 0.0 == ranking.confidence(2)


def test_a_candidate_tells_why(desk: Desk) -> None:
    """The nearest wording and a value for each signal, for `bot.py ask`."""
    best = really(desk, "how do you catch malaria").candidates[0]

    assert "how do you catch malaria" == best.wording
    assert len(SIGNALS) == len(best.signals)
    assert 1.0 == pytest.approx(best.signals[SIGNALS.index("encoder best")], abs=1e-4)
    assert 1.0 == pytest.approx(best.signals[SIGNALS.index("fuzzy")], abs=1e-4)


def test_a_word_for_word_wording_is_surer_than_a_reworded_one(desk: Desk) -> None:
    """Certainty follows likeness."""
    exact, near = really(desk, "how do you catch malaria"), really(desk, "how can malaria catch me")

    assert near.confidence() < exact.confidence()


def test_more_entries_than_candidates_are_cut_to_the_likeliest() -> None:
    """Ten are weighed, the rest cannot win."""
    many = {f"entry-{n:02}": [f"topic{n} question", f"about topic{n} now"] for n in range(15)}
    ranking = asked(small(many), "topic7 question")

    assert CANDIDATES == len(ranking.candidates)
    assert "entry-07" == ranking.candidates[0].entry


@pytest.mark.parametrize("question", ["what is tb", "", "qqq"])
def test_a_knowledge_base_of_one_entry_can_be_asked(question: str) -> None:
    """It begins with the first entry, even with a single wording."""
    ranking = asked(small({"tb": ["what is tb"]}), question)

    assert [("tb", 1.0)] == [(candidate.entry, candidate.share) for candidate in ranking.candidates]
    assert 0.0 <= ranking.held <= 1.0


# Of each text; with a third of the background that makes one known question in three.
HIDDEN = 5


@dataclass(frozen=True)
class Tried:
    """One held-out sentence: how sure the matcher was, and whether it was right."""

    confidence: float
    right: bool


@pytest.fixture(scope="module")
def tried(desk: Desk, read_index: Index) -> list[Tried]:
    """Wordings and background sentences that a matcher over twelve entries never saw."""
    known = desk.library
    asked_: list[tuple[str | None, Language, str]] = []
    entries = {}
    for id_, entry in list(known.entries.items())[:12]:
        texts = {}
        for language, said in entry.texts.items():
            asked_ += [(id_, language, wording) for wording in said.wordings[-HIDDEN:]]
            texts[language] = said.model_copy(update={"wordings": said.wordings[:-HIDDEN]})
        entries[id_] = entry.model_copy(update={"texts": texts})
    asked_ += [
        (None, lang, line) for lang, lines in known.background.items() for line in lines[1::3]
    ]
    unheld = {lang: tuple(drop(lines)) for lang, lines in known.background.items()}
    encoder = KnownVectors(read_index)
    made = learn(build(make_library(entries, known.phrases, unheld), encoder))
    results = []
    for wanted, language, line in asked_:
        vector = encoder.vector(reading.normalise(line))
        ranking = rank(made, line, vector, form_of(line, language))
        results.append(Tried(ranking.confidence(), ranking.candidates[0].entry == wanted))
    return sorted(results, key=lambda one: one.confidence)


def drop(lines: Iterable[str]) -> Iterable[str]:
    """Yield the lines that are not held out."""
    return (line for number, line in enumerate(lines) if number % 3 != 1)


def test_confidence_is_the_share_of_right_answers(tried: list[Tried]) -> None:
    """Calibrated: of what is given 0.9, about nine in ten are right, in every quarter."""
    away = [
        abs(np.mean([one.confidence for one in part]) - np.mean([one.right for one in part]))
        for part in np.array_split(np.array(tried, object), 4)
    ]

    assert 100 < len(tried)
    assert 0.15 > max(away)


def test_the_surer_the_more_often_right(tried: list[Tried]) -> None:
    """The order of confidence is an order of truth."""
    parts = np.array_split(np.array(tried, object), 4)
    right = [float(np.mean([one.right for one in part])) for part in parts]

    assert right == sorted(right)
    assert 0.1 > right[0]
    assert 0.85 < right[-1]


def test_what_was_learnt_is_kept_and_read_again(tmp_path: Path) -> None:
    """The second start reads numbers instead of learning them."""
    index, kept = build(library(WORDINGS), LetterEncoder()), tmp_path / "matcher.npz"
    made = matcher(index, kept)
    written = kept.stat().st_mtime_ns
    again = matcher(index, kept)

    assert written == kept.stat().st_mtime_ns
    assert asked(made, "wash hands") == asked(again, "wash hands")
    assert ["matcher.npz"] == [path.name for path in tmp_path.iterdir()]


def test_nothing_is_written_without_a_file_to_keep() -> None:
    """It learns, and that is all."""
    index = build(library(WORDINGS), LetterEncoder())

    assert asked(learn(index), "wash hands") == asked(matcher(index), "wash hands")


def test_what_was_learnt_from_other_wordings_is_learnt_again(tmp_path: Path) -> None:
    """Numbers of an older knowledge base are not used."""
    kept = tmp_path / "matcher.npz"
    matcher(build(library(WORDINGS), LetterEncoder()), kept)
    changed = {**WORDINGS, "cpr": ["how to press a chest", "chest compressions"]}
    index = build(library(changed), LetterEncoder())

    assert asked(learn(index), "press chest") == asked(matcher(index, kept), "press chest")


def test_what_was_learnt_from_an_older_state_serves_if_it_is_asked_for(tmp_path: Path) -> None:
    """`check` need not learn anew after each wording; what is kept stays as it is."""
    kept = tmp_path / "matcher.npz"
    first = matcher(build(library(WORDINGS), LetterEncoder()), kept)
    whole = kept.read_bytes()
    changed = {**WORDINGS, "cpr": ["how to press a chest", "chest compressions"]}
    index = build(library(changed), LetterEncoder())
    made = matcher(index, kept, older=True)

    assert asked(Matcher(index, first.ranker, first.gate), "press chest") == asked(
        made, "press chest"
    )
    assert whole == kept.read_bytes()


def test_what_was_learnt_of_other_signals_does_not_serve(tmp_path: Path) -> None:
    """An older version weighed less; its numbers do not fit."""
    kept = tmp_path / "matcher.npz"
    index = build(library(WORDINGS), LetterEncoder())
    np.savez(kept, digest="old", ranker=np.zeros((2, 3)), gate=np.zeros((2, 3)))

    made = matcher(index, kept, older=True)

    assert asked(learn(index), "wash hands") == asked(made, "wash hands")


def test_a_wording_hidden_from_itself_is_found_by_its_siblings(three: Matcher) -> None:
    """Or finds another entry; asking changes nothing that is kept."""
    rows = [row.text for row in three.index.rows]
    before = asked(three, "malaria mosquito")
    found, share = hidden_from_itself(three, rows.index("malaria from a mosquito"))

    assert "malaria-spread" == found
    assert 0.0 < share <= 1.0
    assert before == asked(three, "malaria mosquito")


def one_array(_: bytes) -> bytes:
    """Return a file that numpy reads as one array."""
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: b"no archive",
        lambda whole: whole[: len(whole) // 2],
        one_array,
    ],
    ids=["empty", "other", "cut-short", "one-array"],
)
def test_a_broken_file_is_made_again(tmp_path: Path, damaged: Callable[[bytes], bytes]) -> None:
    """A power cut must not keep the bot from starting."""
    kept = tmp_path / "matcher.npz"
    index = build(library(WORDINGS), LetterEncoder())
    wanted = matcher(index, kept)
    whole = kept.read_bytes()
    kept.write_bytes(damaged(whole))

    assert asked(wanted, "wash hands") == asked(matcher(index, kept), "wash hands")
    assert len(whole) == len(kept.read_bytes())


def test_a_form_that_nobody_wrote_in_is_ranked_by_all_forms_together(three: Matcher) -> None:
    """What is not known of a language is taken from the others."""
    unknown = asked(three, "malaria mosquito", None)

    assert unknown == asked(three, "malaria mosquito", Form.SW)
    assert unknown != asked(three, "malaria mosquito", Form.EN)
