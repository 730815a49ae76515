"""`bench` measures what it says; libraries that only `make bench` installs are not needed here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from letter_base import WORDINGS, LetterEncoder, library

import text as reading
from assistant import Desk
from bench import measure, page, scale, sets
from bench.compare import PAGE, Remembered
from bench.peers import Bare, Doubles, Floats, Ours, Peer, TokenSet, WRatio
from faq.evaluate import Labelled
from faq.index import Row, build, rows_of
from faq.language import Form

ENTRIES, ROWS = rows_of(library(WORDINGS))
BASE = sets.Base(ENTRIES, ROWS)
NOT_THERE = measure.NEVER - 1


class Scores:
    """A peer that gives known scores, and remembers what it was asked."""

    def __init__(self, name: str, heard: list[tuple[str, str]]) -> None:
        self.name = name
        self._heard = heard

    def fit(self, entries: Sequence[str], rows: Sequence[Row]) -> None:
        """Needs no base."""

    def score(self, question: str) -> Doubles:
        self._heard.append((self.name, question))
        return np.array([0.1, 0.9, 0.5])


def vectors(said: Sequence[str]) -> Floats:
    """Return vectors of letter pairs."""
    return np.array([LetterEncoder().vector(text) for text in said], np.float32)


@pytest.mark.parametrize(
    "peer",
    [WRatio(), TokenSet(), Bare(LetterEncoder(), vectors), Ours(LetterEncoder(), vectors)],
    ids=lambda peer: peer.name,
)
def test_every_peer_finds_an_exact_wording(peer: Peer) -> None:
    """And scores each entry once."""
    peer.fit(ENTRIES, ROWS)
    scores = [peer.score(row.text) for row in ROWS]

    assert {(len(ENTRIES),)} == {one.shape for one in scores}
    assert [row.entry for row in ROWS] == [int(one.argmax()) for one in scores]


def test_ours_takes_what_is_learnt_already(desk: Desk) -> None:
    """Its confidence is the score; what is no candidate scores below all that are."""
    peer = Ours(desk.encoder, vectors, desk.matcher)
    peer.fit(desk.matcher.index.entries, desk.matcher.index.rows)
    scores = peer.score("how does malaria spread")

    assert "malaria-spread" == desk.matcher.index.entries[int(scores.argmax())]
    assert 0.5 < scores.max() <= 1.0
    assert scores.min() == -1.0


def test_ours_must_be_fitted_first() -> None:
    """There is nothing to look in."""
    with pytest.raises(RuntimeError, match="fit first"):
        Ours(LetterEncoder(), vectors).score("burns")


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.4, 0.4], [0.4, 0.1], 4 / 6 + 2 * 0.5 / 6),
    ],
)
def test_auroc_counts_pairs_and_ties_by_half(
    right: list[float], wrong: list[float], expected: float
) -> None:
    """The rank statistic of Mann and Whitney."""
    assert expected == pytest.approx(measure.auroc(np.array(right), np.array(wrong)))


def test_auroc_of_nothing_is_no_number() -> None:
    """A set without questions out of scope has none."""
    assert np.isnan(measure.auroc(np.array([0.5]), np.zeros(0)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["b"], 0),
        (["c"], 1),
        (["a", "c"], 1),
        (["d"], 3),
        ([], measure.NEVER),
        (["x"], NOT_THERE),
    ],
    ids=["first", "second", "accepted", "tie", "out of scope", "no such entry"],
)
def test_the_place_is_that_of_the_first_wanted(wanted: Iterable[str], expected: int) -> None:
    """Of equal scores the earlier entry is before."""
    scores = np.array([0.2, 0.9, 0.5, 0.2])

    assert expected == measure.place(scores, ["a", "b", "c", "d"], frozenset(wanted))


def asked_of_toys() -> tuple[dict[str, measure.Result], list[tuple[str, str]], sets.Set]:
    """Ask two toys three questions."""
    heard: list[tuple[str, str]] = []
    questions = tuple(
        sets.Asked(text, frozenset(wanted), group)
        for text, wanted, group in [
            ("1", ["hand-washing"], "en"),
            ("2", ["burns"], "hi"),
            ("3", [], "en"),
        ]
    )
    asked = sets.Set("toys", "about toys", BASE, questions)
    peers = [Scores(name, heard) for name in (page.FLOOR, page.MINE)]
    return measure.ask(peers, asked), heard, asked


def test_peers_are_asked_in_turn() -> None:
    """Question by question, each time another first: noise falls on all alike."""
    _, heard, _ = asked_of_toys()
    first, second = page.FLOOR, page.MINE

    assert ["1", "1", "2", "2", "3", "3"] == [text for _, text in heard]
    assert [first, second, second, first, first, second] == [name for name, _ in heard]


def test_hits_are_counted_among_answerable_questions() -> None:
    """By group, too."""
    results, _, _ = asked_of_toys()
    result = results[page.MINE]

    assert [0, 2, measure.NEVER] == result.places.tolist()
    assert (0.5, 0.5, 1.0) == tuple(result.hit(first) for first in (1, 2, 3))
    assert 0.0 == result.hit(1, np.array([False, True, True]))
    assert np.isnan(result.hit(1, np.array([False, False, True])))


def test_a_sample_is_the_same_each_time_and_fair_to_groups() -> None:
    """Small groups are kept whole; the order stays."""
    many = [sets.Asked(str(n), frozenset(), "hi" if n % 10 == 0 else "en") for n in range(100)]
    one, two = (sets.sampled(many, 15, lambda asked: asked.group) for _ in range(2))

    assert one == two
    assert (10, 15) == tuple(sum(q.group == group for q in one) for group in ("hi", "en"))
    assert sorted(one, key=lambda q: int(q.text)) == list(one)


def test_our_own_set_is_grouped_by_form_and_has_no_other_kinds() -> None:
    """What is accepted counts as wanted."""
    said = [
        {
            "text": "how to wash hands",
            "lang": "en",
            "kind": "answerable",
            "expect": "hand-washing",
            "accept": ["burns"],
        },
        {"text": "haath kaise dhoen", "lang": "hi", "kind": "answerable", "expect": "hand-washing"},
        {"text": "who won", "lang": "en", "kind": "out_of_scope"},
        {"text": "help", "lang": "en", "kind": "emergency"},
    ]
    own = sets.ours(BASE, map(Labelled.model_validate, said))

    assert ("en", "hi-latin") == own.groups
    assert [{"hand-washing", "burns"}, set(), {"hand-washing"}] == [q.wanted for q in own.questions]


def written(folder: Path, **files: Sequence[Mapping[str, object]]) -> None:
    """Write files of one JSON object a line."""
    folder.mkdir()
    for name, lines in files.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")


def test_public_sets_are_read_by_their_split(tmp_path: Path) -> None:
    """A language that is not ours counts as English; sets that are not there are left out."""
    faq = [
        {"id": "a", "lang": "de", "question": "Was ist das?", "also": []},
        {"id": "b", "lang": "hi", "question": "yah kya hai", "also": ["यह क्या है"]},
    ]
    ask = {"text": "Was?", "lang": "de", "kind": "answerable", "expect": "a", "split": "test"}
    stray = {"text": "dow jones", "lang": "en", "expect": None, "split": "test"}
    written(tmp_path / "deepset-faqsim", faq=faq, questions=[ask, {**ask, "split": "dev"}])
    written(tmp_path / "clinc150", questions=[stray] * (sets.MOST_STRAYS + 1))
    (one,) = sets.public(tmp_path)
    (other,) = sets.strays(tmp_path, BASE)

    assert [Form.EN, Form.HI_LATIN, Form.HI] == [row.form for row in one.base.rows]
    assert [0, 1, 1] == [row.entry for row in one.base.rows]
    assert [sets.Asked("Was?", frozenset("a"), "de")] == list(one.questions)
    assert sets.MOST_STRAYS == len(other.questions)
    assert other.base is BASE


def test_only_the_measured_part_of_the_page_is_replaced() -> None:
    """Twice is as good as once."""
    before = f"# Title\n\nwords\n\n{page.BEGIN} -->\nold\n{page.END}\n\nmore words\n"
    after = page.replaced(before, "new\n")

    assert f"# Title\n\nwords\n\n{page.BEGIN} -->\n\nnew\n\n{page.END}\n\nmore words\n" == after
    assert after == page.replaced(after, "new")


@pytest.mark.parametrize(
    "broken",
    ["", page.BEGIN, f"{page.BEGIN}\n", f"{page.END}\n{page.BEGIN}\n"],
    ids=["empty", "cut", "no end", "turned round"],
)
def test_a_page_without_its_marks_is_told(broken: str) -> None:
    """Nothing of it is lost."""
    with pytest.raises(ValueError, match="has no lines"):
        page.replaced(broken, "new")


def test_the_page_of_the_repository_can_be_written(tmp_path: Path) -> None:
    """Its words stay."""
    copy = tmp_path / "page.md"
    copy.write_text(PAGE.read_text("utf-8"), "utf-8")
    page.write(copy, "new")
    before, after = PAGE.read_text("utf-8"), copy.read_text("utf-8")

    assert before[: before.index(page.BEGIN)] == after[: after.index(page.BEGIN)]
    assert before[before.index(page.END) :] == after[after.index(page.END) :]


def test_the_best_of_a_column_is_bold() -> None:
    """All of the best; a dash is never."""
    shares = {"a": 0.5, "b": 0.25, "c": 0.5, "d": float("nan"), "e": 1.0}

    assert {"a": ".500", "b": ".250", "c": ".500", "d": "–", "e": "**1.000**"} == page.column(
        shares
    )
    assert "**.250**" == page.column(shares, least=True)["b"]


def test_the_tables_say_what_was_measured() -> None:
    """Own set, another, and strays, without the machine's name."""
    results, _, asked = asked_of_toys()
    own = page.Measured(asked, results)
    made = page.part(own, [own], [own], 0.9)

    assert "3 entries, 9 wordings, 2 answerable questions and 1 out of scope." in made
    assert "| bare encoder | **.500** | **1.000** | **.500** |" in made
    assert "| hit@1 | en | hi |" in made
    assert "| Sehat | **1.000** | **.000** |" in made
    assert "Only Sehat has the right entry first: 0 questions; only the bare encoder: 0." in made
    assert "so 1.000 of our answerable questions" in made
    assert "make bench SETS=" not in made
    assert {page.FLOOR: 0.5, page.MINE: 0.5} == own.scored


def test_without_public_sets_the_page_says_how_to_add_them() -> None:
    """The command is there."""
    results, _, asked = asked_of_toys()

    assert "`make bench SETS=folder`" in page.part(page.Measured(asked, results), [], [], 0.9)


def test_known_vectors_are_not_made_anew() -> None:
    """Others are."""
    made = build(library(WORDINGS), LetterEncoder())
    first = ROWS[0].text
    made.raw[0] = 0.25
    found = Remembered(LetterEncoder(), made)([first, "something new"])

    assert np.allclose(0.25, found[0])
    assert np.allclose(LetterEncoder().vector("something new"), found[1])


def test_the_large_base_is_made_of_our_own_words(desk: Desk) -> None:
    """The same seed makes the same base, in five languages and seven forms."""
    one, two = (scale.large(desk.library, 4, np.random.default_rng(1)) for _ in range(2))
    words = {word for row in rows_of(desk.library)[1] for word in reading.words(row.text)}
    entries, rows = rows_of(one)

    assert one == two
    assert (4, 60) == (len(entries), len(rows))
    assert set(Form) == {row.form for row in rows}
    assert {word for row in rows for word in row.text.split()} <= words


def test_a_question_is_a_wording_with_one_word_changed(desk: Desk) -> None:
    """At most one: the word that is drawn may be the same."""
    draw = np.random.default_rng(1)
    rows = rows_of(scale.large(desk.library, 4, draw))[1]
    asked = list(scale.changed(rows, draw))
    changes = [
        sum(old != new for old, new in zip(row.text.split(), said.split(), strict=True))
        for row, said in asked
    ]

    assert len(rows) == len(asked)
    assert {1} <= set(changes) <= {0, 1}


def test_a_text_of_the_large_base_has_a_vector_of_its_own() -> None:
    """Unit length, the same each time, whatever the order of its words; none for no words too."""
    vector = scale.Projected().vector

    assert (scale.SIZE,) == vector("").shape
    assert np.allclose(vector("wash hands"), vector("hands wash"))
    assert 1.0 == pytest.approx(float(np.linalg.norm(vector("wash hands"))), abs=1e-5)
    assert not np.allclose(vector("wash hands"), vector("wash feet"))
