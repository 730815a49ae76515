"""`yamlfile` reads YAML that people write, and says every mistake with its place."""

import subprocess
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from conftest import HOME
from pydantic import Field, HttpUrl, ValidationError, field_validator

from yamlfile import MOST_BYTES, Document, Problem, ProblemsError, Strict


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Wing(Strict):
    """A part with keys of its own."""

    length: int = Field(ge=1, le=9)


class Bird(Strict):
    """A file with every type of value that the project's files have."""

    name: str = Field("swift", min_length=2, max_length=8)
    id: str = Field("swift", pattern=r"^[a-z-]+$")
    count: int = Field(5, gt=1, lt=100)
    weight: float = 0.5
    wild: bool = True
    seen: date = date(2026, 11, 20)
    page: HttpUrl = HttpUrl("https://example.org/")
    calls: tuple[str, ...] = Field(("chirp",), min_length=1, max_length=2)
    notes: list[str] = Field(default_factory=list)
    by: dict[str, str] = Field(default_factory=dict)
    wing: Wing = Wing(length=3)
    wings: tuple[Wing, ...] = ()
    colour: Colour = Colour.RED
    size: Literal["small", "large"] = "small"
    home: Wing | str = ""

    @field_validator("name")
    @classmethod
    def _no_dragon(cls, name: str) -> str:
        if name == "dragon":
            msg = "a dragon is no bird"
            raise ValueError(msg)
        return name


def read(folder: Path, content: str | bytes) -> Document:
    """Write a file and read it, shown as `bird.yaml`."""
    path = folder / "bird.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Document(path, "bird.yaml")


def mistakes(folder: Path, content: str | bytes) -> list[str]:
    """Return what is said of a file that cannot be used."""
    with pytest.raises(ProblemsError) as raised:
        read(folder, content).model(Bird)
    return str(raised.value).split("\n")


def test_reads_a_file_into_its_model(tmp_path: Path) -> None:
    """Text is stripped of the space around it."""
    bird = read(tmp_path, 'name: " robin "\nwing: {length: 2}\nseen: 2026-01-02\n').model(Bird)

    assert (bird.name, bird.wing.length, bird.seen) == ("robin", 2, date(2026, 1, 2))


def test_a_model_cannot_be_changed() -> None:
    """What was read stays what was read."""
    bird = Bird.model_validate({})

    with pytest.raises(ValidationError, match="frozen"):
        bird.name = "crow"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("on: 1", {"on": 1}),
        ("v: no", {"v": "no"}),
        ("v: Yes", {"v": "Yes"}),
        ("v: True", {"v": "True"}),
        ("v: true", {"v": True}),
        ("v: false", {"v": False}),
        ("v: truest", {"v": "truest"}),
        ("v: ~", {"v": None}),
        ("v: 2026-11-20", {"v": date(2026, 11, 20)}),
        ("हाँ: سلام", {"हाँ": "سلام"}),
    ],
    ids=["on", "no", "Yes", "True", "true", "false", "truest", "null", "date", "scripts"],
)
def test_only_true_and_false_are_truth_values(
    tmp_path: Path, line: str, expected: dict[str, Any]
) -> None:
    """`on:` is a key of reviews, and `no` a word of Hindi."""
    assert expected == read(tmp_path, line).value


@pytest.mark.parametrize("content", ["", "# nothing yet\n"], ids=["nothing", "comment"])
def test_an_empty_file_has_no_value_and_makes_no_model(tmp_path: Path, content: str) -> None:
    """The reader decides whether that is a mistake."""
    assert read(tmp_path, content).value is None
    assert mistakes(tmp_path, content) == ["bird.yaml:1: empty"]


@pytest.mark.parametrize("content", ["- a\n", "word\n", "7\n"], ids=["list", "word", "number"])
def test_a_model_needs_keys_with_values(tmp_path: Path, content: str) -> None:
    """A list is no bird."""
    assert mistakes(tmp_path, content) == ["bird.yaml:1: must be keys with values"]


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    """Editors on Windows put one there."""
    assert read(tmp_path, "\ufeffname: crow\n").model(Bird).name == "crow"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: [\n", "bird.yaml:2: not YAML: did not find expected node content"),
        ("name: crow\n\tcount: 2\n", "bird.yaml:2: not YAML: found"),
        ("a: 1\n---\nb: 2\n", "bird.yaml:2: not YAML: but found another document"),
        ("\n? [a, b]\n: 1\n", "bird.yaml:2: not YAML: found unhashable key"),
        ("a: 1\nb: !!python/object:os.system x\n", "bird.yaml:2: not YAML: could not determine"),
        ("name: \x01\n", "bird.yaml:1: not YAML: ReaderError"),
        ("seen: 2026-13-45\n", "bird.yaml:1: seen: must be a date like 2026-11-20"),
        ("[" * 2000 + "]" * 2000, "bird.yaml:1: not YAML: nested more than 40 deep"),
    ],
    ids=["open", "tab", "two-documents", "list-as-key", "code", "control", "no-such-day", "deep"],
)
def test_what_is_not_yaml_is_said_with_its_line(
    tmp_path: Path, content: str, expected: str
) -> None:
    """Whatever the parser stumbles on, the writer gets a sentence and never a traceback."""
    (sentence,) = mistakes(tmp_path, content)

    assert sentence.startswith(expected)


@pytest.mark.parametrize(
    "value",
    ['!!int ""', '!!float ""', "!!bool maybe", "!!timestamp soon"],
    ids=["int", "float", "bool", "timestamp"],
)
def test_a_wrong_value_behind_a_tag_is_said_too(tmp_path: Path, value: str) -> None:
    """The parser fails on these in its own ways."""
    (sentence,) = mistakes(tmp_path, f"count: {value}\n")

    assert sentence.startswith("bird.yaml:1: ")


def test_nesting_without_end_is_said_and_ends_no_process(tmp_path: Path) -> None:
    """The fast parser is C: what overflows its stack takes the whole bot along."""
    path = tmp_path / "deep.yaml"
    path.write_text("[" * 400_000 + "]" * 400_000)
    code = f"import pathlib, yamlfile; yamlfile.Document(pathlib.Path({str(path)!r}))"
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert "not YAML" in ran.stderr


@pytest.mark.parametrize(
    "content",
    ["name: &n crow\nid: *n\n", "wing: &w {length: 2}\nby: {<<: *w}\n"],
    ids=["alias", "merge"],
)
def test_anchors_are_refused(tmp_path: Path, content: str) -> None:
    """A few lines of them can stand for gigabytes."""
    with pytest.raises(ProblemsError, match=r"^bird\.yaml:\d: .*(anchor|alias)"):
        read(tmp_path, content)


def test_a_key_that_stands_twice_is_said_at_its_second_place(tmp_path: Path) -> None:
    """Plain YAML would silently take the last; all of them are said at once."""
    said = mistakes(tmp_path, "name: crow\nname: rook\nwings:\n  - {length: 1, length: 2}\n")

    expected = ["bird.yaml:2: name: stands twice", "bird.yaml:4: wings.0.length: stands twice"]
    assert expected == said


def test_a_file_in_another_encoding_is_said_with_its_line(tmp_path: Path) -> None:
    """The sentence says what to do."""
    said = mistakes(tmp_path, "name: crow\nid: m\u00fcller\n".encode("latin-1"))

    assert said == ["bird.yaml:2: not UTF-8: save the file with the encoding UTF-8"]


def test_a_file_that_is_too_long_is_not_parsed(tmp_path: Path) -> None:
    """A log dropped into the folder does not stop the bot for minutes."""
    (sentence,) = mistakes(tmp_path, b"#" * (MOST_BYTES + 1))

    assert sentence == "bird.yaml:1: 1,000,001 bytes, at most 1,000,000"


def test_the_longest_file_is_read(tmp_path: Path) -> None:
    """The limit itself is allowed."""
    assert read(tmp_path, b"#" * MOST_BYTES).value is None


def test_a_missing_file_is_said_under_its_own_path(tmp_path: Path) -> None:
    """Without a name to show, the path is shown."""
    path = tmp_path / "gone.yaml"
    with pytest.raises(ProblemsError) as raised:
        Document(path)

    assert str(raised.value) == f"{path}:1: cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("colour: green", "colour: must be 'red' or 'blue'"),
        ("size: huge", "size: must be 'small' or 'large'"),
        ("song: loud", "song: unknown key"),
        ("wing: {}", "wing.length: is missing"),
        ("name: 2026", "name: must be text (put it in quotes)"),
        ("count: many", "count: must be a whole number"),
        ("count: [1]", "count: must be a whole number"),
        ("weight: light", "weight: must be a number"),
        ("weight: []", "weight: must be a number"),
        ("wild: []", "wild: must be true or false"),
        ("calls: chirp", "calls: must be a list"),
        ("notes: chirp", "notes: must be a list"),
        ("by: me", "by: must be keys with values"),
        ("wing: 3", "wing: must be keys with values"),
        ("seen: soon", "seen: must be a date like 2026-11-20"),
        ("seen: []", "seen: must be a date like 2026-11-20"),
        ("seen: 2026-11-20 10:00:00", "seen: must be a date without a time"),
        ("page: nowhere", "page: must be an address like https://…"),
        ("page: 7", "page: must be an address like https://…"),
        ("calls: []", "calls: must have at least 1"),
        ("calls: [a, b, c]", "calls: has more than 2"),
        ("name: x", "name: must have at least 2 characters"),
        ("name: flycatcher", "name: must have at most 8 characters"),
        ("count: 1", "count: must be more than 1"),
        ("count: 100", "count: must be less than 100"),
        ("wing: {length: 0}", "wing.length: must be at least 1"),
        ("wing: {length: 10}", "wing.length: must be at most 9"),
        ("name: dragon", "name: a dragon is no bird"),
        (
            "count: 1.5",
            "count: Input should be a valid integer, got a number with a fractional part",
        ),
    ],
)
def test_every_mistake_has_a_sentence_that_its_writer_understands(
    tmp_path: Path, line: str, expected: str
) -> None:
    """The key, and what it must be; kinds not foreseen keep the library's words."""
    assert f"bird.yaml:2: {expected}" in mistakes(tmp_path, f"# a bird\n{line}\n")


def test_an_id_that_does_not_fit_its_pattern_is_told_how_ids_are_made(tmp_path: Path) -> None:
    """A regular expression would help nobody."""
    expected = "bird.yaml:1: id: must be lower-case letters and digits, joined by hyphens"

    assert [expected] == mistakes(tmp_path, "id: Barn Owl\n")


def test_all_mistakes_come_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    """Nobody runs the checker five times for five mistakes."""
    said = mistakes(tmp_path, "wings:\n  - length: 0\n  - length: 3\n  - {}\nsong: loud\nname: 5\n")

    assert said == [
        "bird.yaml:2: wings.0.length: must be at least 1",
        "bird.yaml:4: wings.2.length: is missing",
        "bird.yaml:5: song: unknown key",
        "bird.yaml:6: name: must be text (put it in quotes)",
    ]


def test_names_of_types_stay_out_of_a_mistakes_key(tmp_path: Path) -> None:
    """Where a value may be one of two types, the key is still the writer's own."""
    said = mistakes(tmp_path, "name: crow\nhome:\n  length: 20\n")

    assert "bird.yaml:3: home.length: must be at most 9" in said


def test_a_key_that_is_a_number_is_said_as_a_key(tmp_path: Path) -> None:
    """Without the quotes YAML takes it for a number."""
    (sentence,) = mistakes(tmp_path, "name: crow\nby:\n  7: me\n")

    assert sentence == "bird.yaml:3: by.7: must be text (put it in quotes)"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("wings: [{length: 0}]", "bird.yaml:1: wings.0.length: must be at least 1"),
        ("calls: [7]", "bird.yaml:1: calls.0: must be text (put it in quotes)"),
    ],
    ids=["no-least", "at-least-one"],
)
def test_a_mistake_in_the_only_row_of_a_list_is_one_mistake(
    tmp_path: Path, content: str, expected: str
) -> None:
    """The list is not too short as well."""
    assert [expected] == mistakes(tmp_path, content)


def test_the_line_of_a_key_that_is_missing_is_that_of_what_it_is_missing_in(
    tmp_path: Path,
) -> None:
    """A problem of something absent points at the nearest thing that is there."""
    document = read(tmp_path, "\nname: crow\nwing:\n  length: 2\n")

    lines = [document.line(place) for place in [(), ("wing", "colour", 3), ("wing", "length")]]
    assert lines == [2, 3, 4]
    assert read(tmp_path, "").line(("wing",)) == 1


def test_a_problem_can_be_made_for_any_place(tmp_path: Path) -> None:
    """Checks across files use it, for warnings too."""
    document = read(tmp_path, "name: crow\nwing:\n  length: 2\n")
    expected = Problem("bird.yaml", 3, "wing.length", "is short", warning=True)

    assert expected == document.problem(("wing", "length"), "is short", warning=True)


def test_problems_are_in_the_order_of_file_and_line() -> None:
    """However they were found."""
    later, first, earlier = (
        Problem("b.yaml", 2, "x", "wrong"),
        Problem("a.yaml", 9, "", "wrong"),
        Problem("b.yaml", 1, "", "wrong"),
    )
    error = ProblemsError([later, first, earlier])

    assert (first, earlier, later) == error.problems
    assert str(error) == "a.yaml:9: wrong\nb.yaml:1: wrong\nb.yaml:2: x: wrong"
