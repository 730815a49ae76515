"""`faq.evaluate` reads labelled questions and counts what became of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from faq.evaluate import (
    EDGES,
    Labelled,
    Outcome,
    Reliability,
    Score,
    languages,
    overall,
    read,
    reliability,
    run,
    scores,
)
from text import Language
from yamlfile import Problem, ProblemsError

LABELS = ("text", "expect", "also", "accept", "secrets", "lang")
LINE: dict[str, Any] = {"text": "how does malaria spread", "lang": "en", "kind": "answerable"}


def write(folder: Path, *lines: object, name: str = "some.jsonl") -> Path:
    """Write labelled questions; a string is a line as it stands."""
    path = folder / name
    said = [
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    ]
    path.write_text("\n".join(said) + "\n", "utf-8")
    return path


def mistakes(*paths: Path) -> list[Problem]:
    """Return every mistake."""
    with pytest.raises(ProblemsError) as caught:
        read(paths)
    return list(caught.value.problems)


def outcome(kind: str, decision: str, **more: Any) -> Outcome:
    """Return an outcome; what is not given is empty."""
    asked = {"text": "a question", "lang": "en", "kind": kind}
    asked |= {key: more.pop(key) for key in LABELS if key in more}
    made = {"category": None, "entry": None, "suggestions": (), "kept": None, "ms": 1.0, **more}
    return Outcome(Labelled.model_validate(asked), decision, **made)


def test_reads_files_and_folders_in_order(tmp_path: Path) -> None:
    """A folder stands for its *.jsonl files by name; empty lines are no questions."""
    first = write(tmp_path, {**LINE, "text": "one"}, "", {**LINE, "text": "two"}, name="b.jsonl")
    (tmp_path / "more").mkdir()
    write(tmp_path / "more", {**LINE, "text": "four"}, name="d.jsonl")
    write(tmp_path / "more", {**LINE, "text": "three"}, name="c.jsonl")
    (tmp_path / "more" / "notes.txt").write_text("not a question")

    found = read([first, tmp_path / "more"])

    assert ["one", "two", "three", "four"] == [question.text for question in found]


def test_reads_all_that_a_label_may_hold(tmp_path: Path) -> None:
    """The public data sets use every key."""
    whole = {
        **LINE,
        "expect": "malaria-spread",
        "also": "malaria-prevention",
        "style": "typo",
        "category": None,
        "secrets": ["0700 900"],
        "accept": ["malaria-symptoms"],
        "split": "dev",
        "tags": ["covid"],
        "spans": [{"start": 0, "end": 3, "label": "NAME"}],
    }

    (found,) = read([write(tmp_path, whole)])

    assert json.loads(json.dumps(whole)) == json.loads(found.model_dump_json())


def test_every_mistake_is_said_with_file_line_and_key(tmp_path: Path) -> None:
    """All at once; what is right beside them does not hide them."""
    write(tmp_path, LINE, "{not json", {**LINE, "lang": "fr"}, name="a.jsonl")
    write(tmp_path, {"lang": "en", "kind": "pii"}, {**LINE, "colour": 1}, "[]", name="b.jsonl")
    (tmp_path / "c.jsonl").write_bytes(b"\xff\xfe")

    said = mistakes(tmp_path)

    places = [("a", 2, ""), ("a", 3, "lang"), ("b", 1, "text"), ("b", 2, "colour"), ("b", 3, "")]
    assert [*places, ("c", 1, "")] == [(Path(one.file).stem, one.line, one.key) for one in said]
    assert "not JSON: Expecting property name enclosed in double quotes" == said[0].sentence
    assert "cannot be read: UnicodeDecodeError" == said[-1].sentence


def test_a_missing_file_and_an_empty_folder_are_said(tmp_path: Path) -> None:
    """A mistyped path must not score 100 % of nothing."""
    (tmp_path / "empty").mkdir()

    said = mistakes(tmp_path / "empty", tmp_path / "none.jsonl")

    expected = ["there are no *.jsonl files", "cannot be read: FileNotFoundError"]
    assert expected == [one.sentence for one in said]


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"text": ' + "1" * 5000 + "}", "null", '"text"'],
    ids=["nested-too-deeply", "number-too-long", "null", "text"],
)
def test_a_line_that_json_cannot_take_is_that_lines_mistake(tmp_path: Path, line: str) -> None:
    """Never a traceback."""
    (said,) = mistakes(write(tmp_path, LINE, line))

    assert ("some.jsonl", 2) == (Path(said.file).name, said.line)


@pytest.mark.parametrize("sign", ["\u2028", "\u0085"], ids=["line-separator", "next-line"])
def test_only_a_line_feed_ends_a_line(tmp_path: Path, sign: str) -> None:
    """People paste such signs into questions, and JSON lets them stand there as they are."""
    text = f"how does{sign}malaria spread"

    (found,) = read([write(tmp_path, {**LINE, "text": text})])

    assert text == found.text


@pytest.mark.parametrize(
    ("text", "lang", "form"),
    [
        ("malaria kaise failta hai", "hi", "hi-latin"),
        ("मलेरिया कैसे फैलता है", "hi", "hi"),
        ("malaria kese phelta hai", "ur", "ur-latin"),
        ("malaria huenezwa vipi", "sw", "sw"),
    ],
)
def test_questions_are_counted_by_form(text: str, lang: str, form: str) -> None:
    """Romanised Hindi and Urdu are looked at by themselves."""
    assert form == Labelled.model_validate({**LINE, "text": text, "lang": lang}).form


@pytest.mark.parametrize(
    ("kind", "decision", "more", "verdict"),
    [
        ("answerable", "answer", {"expect": "a", "entry": "a"}, "right"),
        ("answerable", "answer", {"expect": "a", "entry": "b"}, "wrong"),
        ("answerable", "answer", {"expect": "a", "accept": ("b",), "entry": "b"}, "right"),
        ("answerable", "suggest", {"expect": "a", "suggestions": ("b", "a")}, "in reach"),
        ("answerable", "suggest", {"expect": "a", "suggestions": ("b", "c")}, "missed"),
        ("answerable", "unmatched", {"expect": "a"}, "missed"),
        ("answerable", "refuse", {"expect": "a", "category": "symptoms"}, "stopped"),
        ("answerable", "emergency", {"expect": "a", "category": "medical"}, "alarmed"),
        ("benign_hard", "answer", {"expect": "a", "entry": "a"}, "right"),
        ("benign_hard", "answer", {"entry": "whatever"}, "right"),
        ("benign_hard", "unmatched", {}, "right"),
        ("benign_hard", "emergency", {}, "alarmed"),
        ("benign_hard", "refuse", {}, "stopped"),
        ("out_of_scope", "answer", {"entry": "a"}, "wrong"),
        ("out_of_scope", "suggest", {"suggestions": ("a",)}, "right"),
        ("out_of_scope", "unmatched", {}, "right"),
        ("personal", "refuse", {}, "right"),
        ("personal", "emergency", {}, "right"),
        ("personal", "answer", {"entry": "a"}, "missed"),
        ("personal", "unmatched", {}, "missed"),
        ("emergency", "emergency", {}, "right"),
        ("emergency", "refuse", {}, "refused"),
        ("emergency", "answer", {"entry": "a"}, "wrong"),
        ("emergency", "answer", {"entry": "a", "urgent": True}, "missed"),
        ("emergency", "suggest", {"suggestions": ("a",)}, "missed"),
        ("emergency", "unmatched", {}, "missed"),
        ("pii", "unmatched", {"secrets": ("0700",), "kept": "call [phone]"}, "right"),
        ("pii", "unmatched", {"secrets": ("0700",), "kept": "call 0700 900"}, "leaked"),
        ("pii", "refuse", {"secrets": ("0700",)}, "right"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_verdicts(
    kind: str, decision: str, more: dict[str, Any], verdict: str
) -> None:
    """One word for what became of a question."""
    assert verdict == outcome(kind, decision, **more).verdict


@pytest.mark.parametrize(
    ("decision", "more", "verdict"),
    [
        ("answer", {"entry": "a", "suggestions": ("b",)}, "right"),
        ("answer", {"entry": "b", "suggestions": ("a",)}, "right"),
        ("suggest", {"suggestions": ("b", "c", "a")}, "right"),
        ("answer", {"entry": "a"}, "in reach"),
        ("answer", {"entry": "b", "suggestions": ("c",)}, "in reach"),
        ("answer", {"entry": "c", "suggestions": ("b",)}, "in reach"),
        ("suggest", {"suggestions": ("c", "b")}, "in reach"),
        ("answer", {"entry": "c"}, "wrong"),
        ("answer", {"entry": "c", "suggestions": ("d",)}, "wrong"),
        ("suggest", {"suggestions": ("c", "d")}, "missed"),
        ("unmatched", {}, "missed"),
        ("note", {}, "missed"),
        ("refuse", {"suggestions": ("a", "b")}, "stopped"),
        ("emergency", {}, "stopped"),
    ],
)
def test_two_questions_in_one_message_want_both_entries(
    decision: str, more: dict[str, Any], verdict: str
) -> None:
    """Answered or offered; one of both is half the way."""
    assert verdict == outcome("two", decision, expect="a", also="b", **more).verdict


def test_two_questions_in_one_message_count_in_the_overall_share() -> None:
    """As every other kind does: right or in reach."""
    both, one = {"entry": "a", "suggestions": ("b",)}, {"entry": "a"}
    made = [outcome("two", "answer", expect="a", also="b", **more) for more in (both, one, {})]

    assert 2 / 3 == pytest.approx(overall(scores(made)))


def test_scores_are_counted_by_kind_and_form_and_summed() -> None:
    """The form “all” sums a kind; rows come sorted."""
    table = scores(
        [
            outcome("answerable", "answer", expect="a", entry="a"),
            outcome("answerable", "answer", expect="a", entry="b", lang="sw"),
            outcome("answerable", "suggest", expect="a", suggestions=("a",), lang="sw"),
            outcome("personal", "refuse"),
        ]
    )

    rows = [("answerable", form) for form in ("all", "en", "sw")]
    assert [*rows, ("personal", "all"), ("personal", "en")] == list(table)
    assert (3, {"right": 1, "wrong": 1, "in reach": 1}) == (
        table["answerable", "all"].count,
        dict(table["answerable", "all"].verdicts),
    )
    assert 0.75 == overall(table)


def test_a_share_is_of_all_questions_of_its_row() -> None:
    """Several verdicts are added; of nothing the share is nothing."""
    score = Score(4, {"right": 1, "in reach": 2, "missed": 1})

    assert 0.75 == score.share("right", "in reach")
    assert 0.0 == Score().share("right")
    assert 0.0 == overall({})


def sure(confidence: float, found: str | None, expect: str | None = "a", **more: Any) -> Outcome:
    """Return the outcome of a question whose likeliest entry was so likely."""
    kind = "answerable" if expect else "out_of_scope"
    return outcome(kind, "answer", expect=expect, found=found, confidence=confidence, **more)


def test_what_was_promised_stands_beside_what_came() -> None:
    """By confidence, least first; groups without a question are left out."""
    made = [sure(0.96, "a"), sure(0.5, "a"), sure(0.625, "b"), sure(0.0, None), sure(1.0, "a")]

    assert [
        Reliability(0.0, 1, 0.0, 0.0),
        Reliability(0.5, 2, 0.5625, 0.5),
        Reliability(0.95, 1, 0.96, 1.0),
        Reliability(0.98, 1, 1.0, 1.0),
    ] == reliability(made)
    assert [] == reliability([])


@pytest.mark.parametrize("edge", EDGES[:-1])
def test_an_edge_belongs_to_the_group_that_it_opens(edge: float) -> None:
    """So nothing is counted twice."""
    (row,) = reliability([sure(edge, "a")])

    assert (edge, 1) == (row.least, row.count)


@pytest.mark.parametrize(
    ("one", "right"),
    [
        (sure(0.6, "a"), 1.0),
        (sure(0.6, "b"), 0.0),
        (sure(0.6, "b", accept=("b",)), 1.0),
        (sure(0.6, "b", None), 0.0),
        (sure(0.6, "b", entry="a"), 0.0),
    ],
    ids=["right", "wrong", "accepted", "out-of-scope", "found-counts"],
)
def test_the_likeliest_entry_is_right_or_wrong(one: Outcome, right: float) -> None:
    """Shown or not; for a question without an answer none is right."""
    (row,) = reliability([one])

    assert right == row.right


@pytest.mark.parametrize(
    "one",
    [
        *(
            outcome("answerable", decision, expect="a")
            for decision in ("refuse", "emergency", "note")
        ),
        *(
            outcome(kind, "answer")
            for kind in ("personal", "emergency", "pii", "benign_hard", "two")
        ),
    ],
    ids=lambda one: f"{one.question.kind}-{one.decision}",
)
def test_what_shows_no_confidence_is_not_counted(one: Outcome) -> None:
    """What the screen has stopped, and kinds whose label names no single entry."""
    assert [] == reliability([one])


def test_how_often_the_language_was_told_is_counted_by_form_and_words() -> None:
    """Of short questions by themselves: they tell least."""
    made = [
        outcome("answerable", "answer", text=text, lang=lang, spoken=spoken)
        for text, lang, spoken in [
            ("malaria", "en", Language.SW),
            ("what is malaria", "en", Language.EN),
            ("how does malaria spread", "en", Language.EN),
            ("how does malaria spread between people", "en", None),
            ("malaria kaise failta hai", "hi", Language.HI),
            ("malaria kese phelta hai", "ur", Language.HI),
            ("  ", "id", None),
        ]
    ]
    table = languages(made)
    counted = {key: (score.count, score.verdicts["right"]) for key, score in table.items()}

    assert {
        ("en", "1"): (1, 0),
        ("en", "3"): (1, 1),
        ("en", "4+"): (2, 1),
        ("en", "all"): (4, 2),
        ("hi-latin", "4+"): (1, 1),
        ("hi-latin", "all"): (1, 1),
        ("id", "0"): (1, 0),
        ("id", "all"): (1, 0),
        ("ur-latin", "4+"): (1, 0),
        ("ur-latin", "all"): (1, 0),
    } == counted
    assert sorted(table) == list(table)
    assert [score.count for score in table.values()] == [
        score.verdicts["right"] + score.verdicts["wrong"] for score in table.values()
    ]


def test_every_question_is_put_once_in_order_and_progress_is_told() -> None:
    """The run is a plain loop."""
    questions = [Labelled.model_validate({**LINE, "text": f"question {n}"}) for n in range(3)]
    told: list[tuple[int, int]] = []

    def ask(question: Labelled) -> Outcome:
        return Outcome(question, "unmatched", None, None, (), None, 1.0)

    made = run(questions, ask, lambda done, of: told.append((done, of)))

    assert questions == [one.question for one in made]
    assert [(1, 3), (2, 3), (3, 3)] == told
    assert made == run(questions, ask)
