"""What may be added to an entry as a wording, and what else it would move."""

import asyncio
from dataclasses import dataclass

import assistant
import text as reading
from assistant import Desk, Question
from escalation import curate
from escalation.groups import MARK
from escalation.office import Office
from escalation.staff import RefusedError
from faq import moved, prose
from faq.entry import Entry, Text
from faq.index import Row
from faq.language import form_of
from faq.moved import Moved
from safety.redact import redact
from safety.screen import Verdict
from text import Language

FEWEST, MOST = 2, 300  # characters, as `faq.entry.Text` has it


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new wording would do: what else it moves, and why it cannot be taken (if at all)."""

    moved: list[Moved]
    problems: list[str]


def cleaned(text: str, language: Language) -> str:
    """Return a wording as it is written to a file: one line, nothing invisible."""
    return prose.mended(" ".join(text.split()), language)


async def preview(office: Office, entry: str, language: Language, text: str) -> Preview:
    """Return what a new wording of an entry would change; writes nothing.

    Of a draft, which is not asked yet, it says only what is wrong.

    Raises:
        RefusedError: There is no such entry, or its file has mistakes.
    """
    desk = office.desk()
    held, problems = await asyncio.to_thread(checked, office, entry, language, text)
    if problems or held.id not in desk.matcher.index.entries:
        return Preview([], problems)
    said = cleaned(text, language)
    return Preview(await asyncio.to_thread(_moved, desk, entry, language, said), problems)


def _moved(desk: Desk, entry: str, language: Language, text: str) -> list[Moved]:
    index = desk.matcher.index
    row = Row(index.entries.index(entry), form_of(text, language), text)
    vector = desk.encoder.vector(reading.normalise(text))
    return moved.moved(desk.matcher, desk.labelled, row, vector, desk.limits.answer_at)


def checked(office: Office, id_: str, language: Language, text: str) -> tuple[Entry, list[str]]:
    """Return an entry as its file says it now, and why a text can be no wording of it.

    Takes half a second the first time, as all entries are read; not for the event loop.

    Raises:
        RefusedError: There is no such entry, or its file has mistakes.
    """
    said = cleaned(text, language)
    entry = curate.entry_of(office, id_)
    held = entry.texts.get(language)
    if held is None:
        spoken = ", ".join(entry.texts)
        return entry, [f"{id_} has no text in {language} (it has {spoken}): write that first"]
    if not FEWEST <= len(said) <= MOST:
        return entry, [f"it has {len(said)} characters: a wording has {FEWEST} to {MOST}"]
    return entry, [
        *_said(said, language),
        *_there(office, id_, language, held, said),
        *_seen(office, language, said),
    ]


def _said(said: str, language: Language) -> list[str]:
    """Return what is wrong with a text by itself."""
    wrong = list(prose.odd(said, language))
    if found := MARK.search(said):
        wrong.append(f"it holds {found[0]}, where something is hidden: write it out without that")
    elif redact(said).kinds:
        kinds = ", ".join(sorted(redact(said).kinds))
        wrong.append(f"it looks personal ({kinds}): nothing of a person may stand in a file")
    return wrong


def _there(office: Office, id_: str, language: Language, held: Text, said: str) -> list[str]:
    """Return that a wording stands in a file already."""
    if reading.fold(said) in map(reading.fold, (held.question, *held.wordings)):
        return [f"it stands in {id_} ({language}) already"]
    other = curate.holder(office, id_, language, said)
    return [f"{other} holds it already: one of the two must say it otherwise"] if other else []


def _seen(office: Office, language: Language, said: str) -> list[str]:
    """Return that the screen would never let a question through to an entry."""
    desk, now = office.desk(), office.clock()
    screening = assistant.answer(Question(said, "terminal", now, choice=language), desk).screening
    if screening is None or screening.verdict is Verdict.EMERGENCY:
        return ["whoever asks this gets the emergency card, not an entry: it would never be found"]
    if screening.verdict is Verdict.REFUSE:
        return [f"the screen refuses it ({screening.category}): it would never be found"]
    if screening.person:
        return ["it speaks of somebody in particular: write it as anybody would ask it"]
    return []


def must_be_wording(office: Office, id_: str, language: Language, text: str) -> Entry:
    """Return the entry that gets a wording.

    Raises:
        RefusedError: The text can be no wording of it; says why.
    """
    entry, problems = checked(office, id_, language, text)
    if problems:
        raise RefusedError("; ".join(problems))
    return entry
