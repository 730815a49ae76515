"""`faq.confusion` finds the wordings that would find another entry, did they not stand there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import text as reading
from assistant import Desk
from faq.confusion import Confusion, confusions, pairs
from faq.encoder import Encoder
from faq.entry import Library, make_library
from faq.index import Index, build
from faq.learn import learn
from faq.match import Matcher
from text import Language

Floats = npt.NDArray[np.float32]
Added = Mapping[str, tuple[str, ...]]

ENTRIES = ("burns-first-aid", "hand-washing", "healthy-diet", "malaria-spread")
LANGUAGES = (Language.EN, Language.HI)
STRAY = "how does a mosquito give malaria to people"
BUCKETS = ("red buckets in the yard", "are red buckets in the yard dangerous")
STRAYED: Added = {"hand-washing": (STRAY,)}


class Reader:
    """The real encoder; what the desk has read already is not read again."""

    def __init__(self, encoder: Encoder, index: Index) -> None:
        said = (reading.normalise(row.text) for row in index.rows)
        self._known = dict(zip(said, index.raw, strict=True))
        self._encoder = encoder
        self.digest, self.size = encoder.digest, encoder.size

    def vector(self, text: str) -> Floats:
        known = self._known.get(text)
        return self._encoder.vector(text) if known is None else known


class Asked:
    """Remembers how many wordings were asked."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def __call__(self, done: int, of: int) -> None:
        self.told.append((done, of))

    @property
    def count(self) -> int:
        """How many, by the last that was told."""
        return self.told[-1][0] if self.told else 0


Make = Callable[[Added], Matcher]


@pytest.fixture(scope="module")
def make(desk: Desk, encoder: Encoder, read_index: Index) -> Make:
    """Make a matcher of four real entries, in two languages, with more English wordings.

    All weigh the signals as the first has learnt it, as `check` does it.
    """
    reader = Reader(encoder, read_index)
    first: list[Matcher] = []

    def made(added: Added) -> Matcher:
        index = build(library(desk.library, added), reader)
        if not first:
            first.append(learn(index))
        return replace(first[0], index=index)

    made({})
    return made


def library(starter: Library, added: Added) -> Library:
    """Return four entries of the starter base in two languages, with more English wordings."""
    entries = {}
    for id_ in ENTRIES:
        entry = starter.entries[id_]
        texts = {language: entry.texts[language] for language in LANGUAGES}
        english = texts[Language.EN]
        more = (*english.wordings, *added.get(id_, ()))
        texts[Language.EN] = english.model_copy(update={"wordings": more})
        entries[id_] = entry.model_copy(update={"texts": texts})
    return make_library(entries, starter.phrases)


def shown(found: list[Confusion], made: Matcher) -> dict[str, tuple[str, str]]:
    """Return own and found entry by wording."""
    return {made.index.rows[one.row].text: (one.entry, one.found) for one in found}


def test_a_wording_that_belongs_elsewhere_is_found(make: Make) -> None:
    """Surely, and with its place in the index."""
    made = make(STRAYED)
    found = confusions(made)
    stray = next(one for one in found if made.index.rows[one.row].text == STRAY)

    assert ("hand-washing", "malaria-spread") == (stray.entry, stray.found)
    assert 0.9 < stray.share <= 1.0


def test_wordings_that_find_their_own_entry_are_left_out(make: Make) -> None:
    """Four entries about four things: nearly all of them."""
    made = make({})
    found = confusions(made)

    assert [] == [one for one in found if one.entry == one.found]
    assert len(made.index.rows) / 20 > len(found)


def test_the_surest_come_first(make: Make) -> None:
    """A writer begins with what is worst."""
    more = {"hand-washing": (STRAY, "what"), "burns-first-aid": ("eat more fruit", "and food")}
    found = confusions(make(more))

    assert 2 <= len(found)
    assert found == sorted(found, key=lambda one: (-one.share, one.row))


def test_the_same_base_gives_the_same_confusions(make: Make) -> None:
    """To the last digit, on every run."""
    one, other = confusions(make(STRAYED)), confusions(make(STRAYED))

    assert one
    assert one == other


def test_pairs_are_counted_most_first() -> None:
    """Equal numbers in the order of the ids; each direction for itself."""
    found = [
        Confusion(row, pair[0], pair[1], 0.5)
        for row, pair in enumerate(["cb", "ab", "ba", "ab", "ca"])
    ]

    expected = [("a", "b", 2), ("b", "a", 1), ("c", "a", 1), ("c", "b", 1)]
    assert expected == pairs(found)
    assert [] == pairs([])


def test_nothing_is_written_without_a_file_to_keep(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not into the working folder either."""
    monkeypatch.chdir(tmp_path)
    confusions(make(STRAYED))

    assert [] == list(tmp_path.iterdir())


def test_what_is_known_is_not_asked_again(make: Make, tmp_path: Path) -> None:
    """The second check of the same base takes no time, and gives the same."""
    made, kept = make(STRAYED), tmp_path / "confusions.json"
    first, second = Asked(), Asked()
    found = confusions(made, kept, first)
    written = kept.stat().st_mtime_ns
    again = confusions(made, kept, second)

    assert (len(made.index.rows), 0) == (first.count, second.count)
    assert found == again
    assert written == kept.stat().st_mtime_ns
    assert ["confusions.json"] == [path.name for path in tmp_path.iterdir()]


def test_of_a_changed_base_only_what_may_have_changed_is_asked(make: Make, tmp_path: Path) -> None:
    """The entry of the new wording, and what is near; not all the others."""
    kept, asked = tmp_path / "confusions.json", Asked()
    confusions(make({}), kept)
    made = make(STRAYED)
    found = confusions(made, kept, asked)

    own = sum(made.index.entries[row.entry] == "hand-washing" for row in made.index.rows)
    assert own <= asked.count < 0.8 * len(made.index.rows)
    assert ("hand-washing", "malaria-spread") == shown(found, made)[STRAY]
    assert shown(confusions(made), made) == shown(found, made)


def test_what_found_a_wording_that_is_gone_is_asked_again(make: Make, tmp_path: Path) -> None:
    """It may be at home now."""
    kept = tmp_path / "confusions.json"
    twin = {"malaria-spread": ("red buckets and mosquitoes in the yard",)}
    before = make({**twin, "hand-washing": BUCKETS})
    after = make(twin)
    lost, found = confusions(before, kept), confusions(after, kept)

    assert "hand-washing" == shown(lost, before)[twin["malaria-spread"][0]][1]
    assert twin["malaria-spread"][0] not in shown(found, after)
    assert shown(confusions(after), after) == shown(found, after)


def test_what_is_no_longer_said_leaves_the_file(make: Make, tmp_path: Path) -> None:
    """The file does not grow for ever."""
    kept, fresh = tmp_path / "kept.json", tmp_path / "fresh.json"
    confusions(make(STRAYED), kept)
    size = kept.stat().st_size
    confusions(make({}), kept)
    confusions(make({}), fresh)

    assert kept.stat().st_size < size
    assert set(fresh.read_text().split('"')[1::4]) == set(kept.read_text().split('"')[1::4])


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\xff\xfe",
        b'{"hand-washing/00": ["cpr", 0.',
        b"null",
        b"[]",
        b'{"a": 1}',
        b'{"a": ["b"]}',
        b'{"a": ["b", "c"]}',
        b'{"a/1": ["b", 0.5]}',
    ],
    ids=["gone", "empty", "other", "cut", "null", "list", "number", "one", "text", "strange"],
)
def test_without_a_sound_file_all_is_asked_anew(
    make: Make, tmp_path: Path, content: bytes | None
) -> None:
    """A power cut or another version costs time, never a result."""
    made, kept, asked = make(STRAYED), tmp_path / "confusions.json", Asked()
    if content is not None:
        kept.write_bytes(content)
    found = confusions(made, kept, asked)

    assert len(made.index.rows) == asked.count
    assert confusions(made) == found
    assert found == confusions(made, kept)


def test_progress_is_told_up_to_the_last(make: Make) -> None:
    """Every two hundred wordings, and at the end."""
    made, asked = make({}), Asked()
    confusions(made, progress=asked)

    count = len(made.index.rows)
    assert [*range(200, count, 200), count] == [done for done, _ in asked.told]
    assert {count} == {of for _, of in asked.told}
