"""`faq.edit` changes a file only where it is told to, and writes all files or none."""

import contextlib
import difflib
import re
import resource
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from faq import edit, load, splice
from faq.entry import Entry
from faq.splice import Value
from workshop import FAQ
from yamlfile import Document, Place, ProblemsError

# As no starter entry is: other indentation, quotes, a wrapped list, comments everywhere.
ODD = """\
# head
id: a   # behind
# about kind
kind: fact
related: [a,
  b,   # inner
  c]
sources:
- publisher: W
  url: "https://x"
  # after url
review: {by: 'sample', on: 2026-11-22, due: 2027-11-22}  # flow
texts:
    en:
        question: 'How?'
        wordings:
            - one  # behind one
            # before two
            - two
            # after two

        # before answer
        answer: |  # block
            Line one

            Line two

        # after answer
    # before hi
    hi:
        question:   # nothing yet
"""
IDS = sorted(path.stem for path in (FAQ / "entries").glob("*.yaml"))
# Whatever YAML can hold once its spaces are gone; it cannot hold half a surrogate pair.
TEXT = st.text(
    st.one_of(
        st.sampled_from(list("\n\t\r:#-'\"|>[]{},&*!%@`\\=+? ~0179.")),
        st.sampled_from(list("\x00\x07\x85\u2028\ufeff\u200fऽیے😀")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
).map(str.strip)


def put(place: Place, value: Value, text: str = ODD) -> list[str]:
    """Set a value; return the lines that went and came, without the signs of a diff's head."""
    made = splice.put(text, place, value)
    yaml.safe_load(made)
    lines = difflib.unified_diff(text.splitlines(), made.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def comments(text: str) -> set[str]:
    """Return the comments of a text in which no value holds a #."""
    return set(re.findall(r"#.*", text))


@pytest.mark.parametrize("id_", IDS)
def test_a_file_that_is_not_changed_stays_byte_for_byte(id_: str) -> None:
    """Also when all that it holds is set again."""
    path = FAQ / "entries" / f"{id_}.yaml"
    opened = edit.open_entry(path)
    for key, value in edit.plain(Document(path).model(Entry)).items():
        opened.set((key,), value)

    assert path.read_bytes() == opened.text().encode()


def test_a_new_file_is_in_the_style_of_the_house() -> None:
    """Most starter entries would be written as they are; people may write otherwise."""
    paths = [FAQ / "entries" / f"{id_}.yaml" for id_ in IDS]
    alike = [
        path.read_text("utf-8") == edit.new_text(Document(path).model(Entry)) for path in paths
    ]

    assert sum(alike) > 0.7 * len(alike)


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("kind",), "myth", ["-kind: fact", "+kind: myth"]),
        (("id",), "b: c", ["-id: a   # behind", '+id: "b: c"   # behind']),
        (
            ("review", "due"),
            date(2028, 1, 2),
            [
                "-review: {by: 'sample', on: 2026-11-22, due: 2027-11-22}  # flow",
                "+review: {by: 'sample', on: 2026-11-22, due: 2028-01-02}  # flow",
            ],
        ),
        (
            ("texts", "en", "question"),
            "What's up?",
            ["-        question: 'How?'", "+        question: 'What''s up?'"],
        ),
        (
            ("texts", "en", "wordings"),
            ["one", "2", "three"],
            ["-            - two", '+            - "2"', "+            - three"],
        ),
        (("texts", "en", "wordings"), ["one"], ["-            - two"]),
        (("texts", "en", "wordings"), ["two"], ["-            - one  # behind one"]),
        (("texts", "en", "wordings"), ["zero", "one", "two"], ["+            - zero"]),
        (("texts", "en", "wordings", 1), "- 2", ["-            - two", '+            - "- 2"']),
        (("related",), ["a", "b"], ["-  c]", "+  ]"]),
        (("related",), ["b", "c"], ["-related: [a,", "-  b,   # inner", "+related: [b,   # inner"]),
        (("related",), ["a", "b", "c", "d"], ["-  c]", "+  c, d]"]),
        (("related",), ["z", "a", "b", "c"], ["-related: [a,", "+related: [z, a,"]),
        (("sources", 0, "url"), "https://y", ['-  url: "https://x"', '+  url: "https://y"']),
        (("sources", 0, "title"), "T", ["+  title: T"]),
        (
            ("sources",),
            [{"publisher": "W", "url": "https://x"}, {"publisher": "V", "url": "https://y"}],
            ["+- publisher: V", '+  url: "https://y"'],
        ),
        (
            ("sources",),
            [{"url": "https://x", "title": "T", "publisher": "W"}],
            ["+  title: T"],
        ),
        (("topic",), "care", ["+topic: care"]),
    ],
)  # fmt: skip
def test_only_the_value_changes(place: Place, value: Value, expected: list[str]) -> None:
    """Quotes, indentation, comments and the rest of the line stay."""
    assert expected == put(place, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("New: one\n\n- two", ["            New: one", "", "            - two"]),
        ("One line", ["            One line"]),
    ],
)
def test_a_block_stays_a_block(value: str, expected: list[str]) -> None:
    """With the indentation and the comment that it had."""
    made = splice.put(ODD, ("texts", "en", "answer"), value)

    lines = ["        answer: |  # block", *expected, "", "        # after answer"]
    assert "\n".join(lines) in made
    assert comments(ODD) == comments(made)


def test_a_text_that_no_block_can_hold_is_quoted() -> None:
    """A bell would be no YAML."""
    made = splice.put(ODD, ("texts", "en", "answer"), "ding\x07")

    assert '        answer: "ding\\u0007"  # block\n\n        # after answer' in made


def test_what_is_missing_is_added_in_the_order_of_the_house() -> None:
    """A language between its neighbours, an answer behind the question, with their indentation."""
    made = splice.put(ODD, ("texts", "sw"), {"question": "Q: a", "wordings": ["w"], "answer": "A"})
    made = splice.put(made, ("texts", "ur", "answer"), "A\nB")
    made = splice.put(made, ("texts", "ur", "question"), "q")
    made = splice.put(made, ("texts", "hi", "question"), "h")

    assert made.endswith(
        "        question: h   # nothing yet\n"
        "    ur:\n      question: q\n      answer: |\n        A\n        B\n"
        '    sw:\n      question: "Q: a"\n      wordings:\n        - w\n'
        "      answer: |\n        A\n"
    )


@pytest.mark.parametrize(
    ("text", "place", "value", "expected"),
    [
        ("related: []  # c\n", ("related",), ["a", "b"], "related: [a, b]  # c\n"),
        ("wordings: []\n", ("wordings",), ["a"], "wordings:\n  - a\n"),
        ("wordings: []  # c\n", ("wordings",), ["a"], "wordings:  # c\n  - a\n"),
        ("wordings:\n  - a\n  # c\n", ("wordings",), [], "wordings: []\n  # c\n"),
        ("answer: |\n\nid: x\n", ("answer",), "a", "answer: |\n  a\n\nid: x\n"),
        ("answer: >-\n   a\n   b\n", ("answer",), "c\nd", "answer: |\n   c\n   d\n"),
        ("answer: 'a\n\n  b'  # c", ("answer",), "d", "answer: |  # c\n  d\n"),
        ("texts:\n", ("texts", "en", "question"), "q", "texts:\n  en:\n    question: q\n"),
        ("review: {}\n", ("review",), {"by": "s"}, "review: {by: s}\n"),
        ("review: {due: 1}\n", ("review", "by"), "a, b", 'review: {by: "a, b", due: 1}\n'),
        ("review: {by: }\n", ("review", "by"), "a", "review: {by: a }\n"),
        ("topic: t\n", ("kind",), "fact", "kind: fact\ntopic: t\n"),
        ("a:\n  - x: 1\n    y: 2\n", ("a",), ["z"], "a:\n  - z\n"),
        ("a:\n  x: 1\nb: 2\n", ("a",), "z", "a: z\nb: 2\n"),
        ("a:\n  x: 1\nb: 2\n", ("a",), {"y": "z"}, "a:\n  y: z\nb: 2\n"),
        ("a: [x, y, z]\n", ("a",), ["x", "z"], "a: [x, z]\n"),
        ("a: [x, y, z]\n", ("a",), ["x", "y"], "a: [x, y]\n"),
        ("a: [{b: c}]\n", ("a",), [{"b": "d"}], "a: [{b: d}]\n"),
        ("a:\n  -\n    x\n  - y\n", ("a",), ["y"], "a:\n  - y\n"),
        ("a:\n  - x: 1\n  - y\n", ("a", 0), "z", "a:\n  - z\n  - y\n"),
        ("a:\n  -\n    x: 1\n  - y\n", ("a", 0), {"z": "w"}, "a:\n  - z: w\n  - y\n"),
        ("answer: ''\n", ("answer",), "", "answer: ''\n"),
        ("a: b\n", ("a",), "", 'a: ""\n'),
        ("a: b\n", ("a",), ["b"], "a:\n  - b\n"),
        ("a: {b: c}\n", ("a", "d"), ["e", {"f": "g"}], "a: {b: c, d: [e, {f: g}]}\n"),
    ],
)  # fmt: skip
def test_every_way_of_writing_a_value_can_be_changed(
    text: str, place: Place, value: Value, expected: str
) -> None:
    """Empty, in brackets, folded, over two lines, of another kind than before."""
    assert expected == splice.put(text, place, value)


@pytest.mark.parametrize("place", [("related", 3), ("kind", "x"), ("sources", "x", "y")])
def test_a_place_that_cannot_be_is_a_mistake_of_the_caller(place: Place) -> None:
    """Rather than a file that says something else."""
    with pytest.raises(KeyError):
        splice.put(ODD, place, "x")


def test_a_text_without_a_value_has_no_node() -> None:
    """A caller must not take nothing for a mapping."""
    with pytest.raises(yaml.YAMLError):
        splice.root("# nothing\n")


@settings(deadline=None)
@given(TEXT, st.sampled_from([("kind",), ("review", "by"), ("texts", "en", "answer")]))
def test_any_text_is_read_back_as_it_was_set(text: str, place: Place) -> None:
    """Whatever signs it holds, and the rest is as before."""
    read = yaml.safe_load(splice.put(ODD, place, text))
    expected = yaml.safe_load(ODD)
    inner, found = expected, read
    for part in place[:-1]:
        inner, found = inner[part], found[part]

    assert text == (found.pop(place[-1]) or "").strip()
    inner.pop(place[-1])
    assert expected == read


@settings(deadline=None)
@given(
    st.lists(TEXT, max_size=8), st.lists(st.sampled_from(["one", "two", "drei", "- 4"]), max_size=8)
)
def test_any_list_is_read_back_as_it_was_set(odd: list[str], usual: list[str]) -> None:
    """Items come, go and move; comments that stand in lines of their own stay."""
    made = ODD
    for wordings in (usual, odd, [*usual, *odd], odd[1:]):
        made = splice.put(made, ("texts", "en", "wordings"), wordings)
        made = splice.put(made, ("related",), wordings)
        read = yaml.safe_load(made)

        assert wordings == read["texts"]["en"]["wordings"] == read["related"]
    assert [] == [
        line for line in ODD.splitlines() if line.lstrip().startswith("#") and line not in made
    ]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('["#", "#", "#"]', "['#']"),
        ("[a, b, c]", "['a']"),
        ("[a, # why\n  b, c, ]", "['a']"),
        ("[a, b, c, ]", "['a']"),
    ],
)
def test_the_last_items_of_a_list_in_brackets_go_with_their_commas(written: str, left: str) -> None:
    """A number sign in a text is no comment, and one comma stays where a comment does."""
    first = yaml.safe_load(left)
    made = splice.put(f"related: {written}\n", ("related",), first)

    assert {"related": first} == yaml.safe_load(made)
    assert ("# why" in written) == ("# why" in made)


# ---- files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of an entry."""
    made = tmp_path / "a.yaml"
    made.write_text(ODD, "utf-8")
    return made


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_line_ends_and_byte_order_mark_stay(path: Path, mark: str, end: str) -> None:
    """As the writer's editor wants them."""
    path.write_bytes((mark + ODD.replace("\n", end)).encode())
    opened = edit.open_entry(path)
    untouched = opened.text()
    opened.set(("kind",), "myth")
    opened.save()

    expected = (mark + ODD.replace("\n", end)).encode()
    assert expected == untouched.encode()
    assert expected.replace(b"fact", b"myth") == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: ]\n", "not YAML"),
        ("", "must be keys with values"),
        ("a:\tb\n", "is written in a way that only a person can change"),
        ("- a\n", "must be keys with values"),
        ("a: \x81\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_is_no_entry_is_said(path: Path, content: str | bytes, sentence: str) -> None:
    """With its name and line."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProblemsError, match=re.escape(f"{path}:1: {sentence}")):
        edit.open_entry(path)


def test_rights_and_links_stay(path: Path, tmp_path: Path) -> None:
    """A linked file is replaced where it is; who may read it does not change."""
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    opened = edit.open_entry(link)
    opened.set(("kind",), "myth")
    opened.save()

    assert link.is_symlink()
    assert "kind: myth" in path.read_text("utf-8")
    assert 0o640 == path.stat().st_mode & 0o777


def test_files_are_written_and_nothing_else_is_left(path: Path, tmp_path: Path) -> None:
    """An old one and a new one."""
    edit.write({path: "old\n", tmp_path / "b.yaml": "new\n"})

    assert {"a.yaml": "old\n", "b.yaml": "new\n"} == held(tmp_path)


def held(folder: Path) -> dict[str, str]:
    """Return what a folder holds, hidden files too."""
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}


def test_when_a_file_cannot_be_moved_to_its_place_all_go_back(path: Path, tmp_path: Path) -> None:
    """The first two were in their places already; a folder stands in the way of the third."""
    (tmp_path / "z.yaml" / "in").mkdir(parents=True)
    files = {path: "new\n", tmp_path / "b.yaml": "new\n", tmp_path / "z.yaml": "new\n"}
    with pytest.raises(OSError, match=r"z\.yaml"):
        edit.write(files)

    assert {"a.yaml": ODD} == held(tmp_path)


@contextlib.contextmanager
def small_disk() -> Iterator[None]:
    """A limit of the system: no file may have more than 1,000 bytes, a log neither."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_when_the_disk_is_full_nothing_is_changed(path: Path, tmp_path: Path) -> None:
    """The first file would have had room."""
    with small_disk(), pytest.raises(OSError, match="File too large"):
        edit.write({path: "new\n", tmp_path / "b.yaml": "x" * 1001})

    assert {"a.yaml": ODD} == held(tmp_path)


def test_when_a_check_fails_nothing_is_changed(path: Path, tmp_path: Path) -> None:
    """It sees every file as it would be read."""
    seen = []

    def check(written: Path, place: Path) -> None:
        seen.append((place.name, written.read_text("utf-8")))
        if len(seen) > 1:
            raise LookupError

    with pytest.raises(LookupError):
        edit.write({path: "new\n", tmp_path / "b.yaml": "b\n"}, check)

    assert [("a.yaml", "new\n"), ("b.yaml", "b\n")] == seen
    assert {"a.yaml": ODD} == held(tmp_path)


def test_the_headings_are_those_of_the_phrases() -> None:
    """In the order of the menu."""
    assert ["respiratory", "service"] == [load.topics(FAQ)[0], load.topics(FAQ)[-1]]
