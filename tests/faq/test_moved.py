"""`faq.moved` tells what else a new wording would draw to its entry."""

import time
from dataclasses import replace

import numpy as np
import pytest

import text as reading
from assistant import Desk
from faq.encoder import Encoder
from faq.entry import Library, make_library
from faq.index import Index, Row, rows_of
from faq.language import form_of
from faq.learn import Known
from faq.match import Matcher, ask, rank
from faq.moved import Moved, moved
from text import Language

BATS = "how many hours do bats hang upside down"
WORDING = "can mosquitoes be washed off the hands"
SURE = 0.8


def row(desk: Desk, entry: str, wording: str, language: Language = Language.EN) -> Row:
    """Return a new wording of an entry."""
    place = desk.matcher.index.entries.index(entry)
    return Row(place, form_of(wording, language), wording)


def drawn(desk: Desk, entry: str, wording: str, *labelled: Known) -> list[Moved]:
    """Return what a new English wording of an entry would move."""
    vector = desk.encoder.vector(reading.normalise(wording))
    return moved(desk.matcher, labelled, row(desk, entry, wording), vector, SURE)


def known(desk: Desk, text: str, *entries: str) -> Known:
    """Return a labelled English question."""
    vector = desk.encoder.vector(reading.normalise(text))
    return Known(text, vector, form_of(text, Language.EN), frozenset(entries))


def with_wording(library: Library, entry: str, wording: str) -> Library:
    """Return a library with one more English wording behind the others of its entry's last text."""
    held = library.entries[entry]
    language = list(held.texts)[-1]
    text = held.texts[language]
    more = text.model_copy(update={"wordings": (*text.wordings, wording)})
    texts = {**held.texts, language: more}
    entries = {**library.entries, entry: held.model_copy(update={"texts": texts})}
    return make_library(entries, library.phrases, library.background)


def test_a_question_that_is_drawn_away_is_told(desk: Desk) -> None:
    """What malaria would take from sleep, with what it finds now."""
    found = drawn(desk, "malaria-spread", BATS, known(desk, BATS, "sleep"))
    (question,) = (one for one in found if one.labelled)

    assert Moved(BATS, frozenset({"sleep"}), "sleep", "malaria-spread", labelled=True) == question
    assert not question.good


def test_a_wording_that_is_drawn_away_is_told(desk: Desk) -> None:
    """One of another entry, asked with itself hidden."""
    found = drawn(desk, "sleep", "what time do malaria mosquitoes bite at night")

    assert [] != found
    assert {("sleep", False)} == {(one.after, one.labelled) for one in found}
    assert "sleep" not in {one.before for one in found}


def test_a_wording_that_is_at_home_takes_nothing(desk: Desk) -> None:
    """Like what its entry holds already."""
    assert [] == drawn(desk, "malaria-spread", "how does malaria get spread")


def test_what_comes_to_the_right_entry_is_good(desk: Desk) -> None:
    """The entry that should have been found, and now is."""
    text = "zzkx blorptangle wufnits"
    (found,) = drawn(desk, "sleep", text, known(desk, text, "sleep"))

    assert found.good
    assert "sleep" != found.before


def test_a_question_without_an_answer_counts_once_it_would_get_one(desk: Desk) -> None:
    """An unlikely best guess is no answer; a sure one is."""
    (found,) = drawn(desk, "malaria-spread", BATS, known(desk, BATS))
    other = drawn(desk, "malaria-spread", "how do bats sleep", known(desk, BATS))

    assert Moved(BATS, frozenset(), "", "malaria-spread", labelled=True) == found
    assert [] == [one for one in other if one.labelled]


def test_the_base_stays_as_it_is(desk: Desk) -> None:
    """Nothing of the index in service is written to."""
    index = desk.matcher.index
    before = {
        name: value.copy() for name, value in vars(index).items() if isinstance(value, np.ndarray)
    }
    question = ask(index, WORDING)
    likeness, covered = question.letter_scores, index.words.coverage(question.bones)
    drawn(desk, "hand-washing", WORDING)

    assert not [name for name, old in before.items() if (getattr(index, name) != old).any()]
    assert (likeness == ask(index, WORDING).letter_scores).all()
    assert (covered == index.words.coverage(question.bones)).all()


def test_an_index_with_one_more_row_is_as_one_built_so(
    desk: Desk, encoder: Encoder, read_index: Index
) -> None:
    """Rows, words and n-grams; what a single row hardly changes stays."""
    entry = "hand-washing"
    vectors = {r.text: v for r, v in zip(read_index.rows, read_index.raw, strict=True)}
    entries, rows = rows_of(with_wording(desk.library, entry, WORDING))
    raw = np.array([vectors.get(r.text, encoder.vector(WORDING)) for r in rows], np.float32)
    built = Index(entries, rows, raw, read_index.unheld, read_index.unheld_raw)
    new = next(r for r in rows if r.text == WORDING)
    made = read_index.with_row(new, read_index.whitened(encoder.vector(WORDING)))
    asked = [ask(one, "washing mosquitoes off hands") for one in (made, built)]

    assert made.rows == built.rows
    for name in ("entry_of", "starts", "padded"):
        assert (getattr(made, name) == getattr(built, name)).all()
    assert (made.letter_texts, made.sound_texts) == (built.letter_texts, built.sound_texts)
    bones = asked[0].bones
    assert np.allclose(made.words.coverage(bones), built.words.coverage(bones))
    assert np.allclose(asked[0].letter_scores, asked[1].letter_scores, atol=0.01)
    assert np.allclose(asked[0].sound_scores, asked[1].sound_scores, atol=0.01)


def test_a_new_row_is_found(desk: Desk) -> None:
    """By the real ranker, as its own entry's nearest wording."""
    index, vector = desk.matcher.index, desk.encoder.vector(WORDING)
    new = row(desk, "hand-washing", WORDING)
    after: Matcher = replace(desk.matcher, index=index.with_row(new, index.whitened(vector)))
    best = rank(after, ask(after.index, WORDING), vector, new.form).candidates[0]

    assert ("hand-washing", WORDING) == (best.entry, best.wording)


@pytest.mark.parametrize("language", [Language.EN, Language.SW, Language.UR])
def test_a_person_need_not_wait(desk: Desk, language: Language) -> None:
    """A fraction of a second over the whole base, with all labelled questions."""
    wording = desk.library.entries["malaria-spread"].texts[language].question
    vector = desk.encoder.vector(reading.normalise(wording))
    new = row(desk, "sleep", wording, language)
    took = []
    for _ in range(3):
        start = time.thread_time()
        moved(desk.matcher, desk.labelled, new, vector, SURE)
        took.append(time.thread_time() - start)

    # 0.2 to 0.4 s on a quiet machine; of this thread alone, as others may use it too.
    assert min(took) < 1


def test_a_base_without_labelled_questions_is_asked_too(desk: Desk) -> None:
    """They are optional; wordings are told all the same."""
    vector = desk.encoder.vector(WORDING)
    entry = row(desk, "hand-washing", WORDING)

    assert not [one for one in moved(desk.matcher, (), entry, vector, SURE) if one.labelled]
