"""The queue of staff: questions without an answer, by meaning, and what can be done with each.

Every change carries the version of the group that was seen.  When somebody else was faster, the
page comes again as it is now, says who changed what, and keeps what was typed.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console import shown
from console.pages import Fields, StaffPages, StaffRoute, fields
from console.shown import SPOKEN
from escalation import queue, staff, tally, unmatched, waiting
from escalation.queue import Detail, Done, Failed, Group, StaleError, State, Wanted
from escalation.staff import Act, Member, RefusedError
from faq import load
from faq.entry import Kind
from text import Language

WHY: Mapping[str, tuple[str, str]] = {
    "unmatched": ("not found", "The bot said that it does not know."),
    "none_of_these": ("none of these", "The person pressed “none of these”."),
    "not_chosen": ("not chosen", "Suggestions were shown, and nobody chose one."),
    "not_helpful": ("not helpful", "It was answered, and the answer marked not helpful."),
}
"""How a question came here: a badge's word, and what it means."""
STEPS: Mapping[str, str] = {
    "wording": "wrote a wording into",
    "draft": "drafted",
    "dismiss": "said that it is not ours",
    "merge": "merged in group",
    "split": "split off group",
    "assign": "assigned it to",
    "note": "wrote a note",
}
"""What a step of a group's history is called."""
# Words that say nothing in an id.
_EMPTY = (
    "a an and are as at be by can cannot could did do does for from get go had has have he her how "
    "i if in is it its me my of on or our should so than that the their them there these they this "
    "to too was we what when where which who why will with would you your"
)
EMPTY = frozenset(_EMPTY.split())
WORDS_OF_ID, MOST_WORD = 3, 16
ANYONE = "any"
NOTHING = Fields({})
UNSEEN = -1
"""The version of a group that a form does not name: never the one that it has."""
Do = Callable[[int, int, Fields], Awaitable[Done]]
"""Does one thing with a group: its number, the version that was seen, the form."""


def _wanted(said: Mapping[str, str]) -> Wanted:
    """Return the filter of an address; a form always sends who it is assigned to."""
    return Wanted.from_query(
        {key: value for key, value in said.items() if (key, value) != ("assigned", ANYONE)}
    )


def routes(pages: StaffPages) -> list[StaffRoute]:
    """Return the routes of the queue, each with what a member must be allowed to do."""
    made = QueuePages(pages)
    group = "/queue/{group:int}"
    return [
        StaffRoute("/queue", made.listed, Act.LOOK, ("GET",)),
        StaffRoute("/queue/export", made.export, Act.EXPORT, ("GET",)),
        StaffRoute("/queue/dismiss", made.dismiss_many, Act.DISMISS, ("POST",)),
        StaffRoute("/queue/assign", made.assign_many, Act.ASSIGN, ("POST",)),
        StaffRoute("/queue/merge", made.merge_many, Act.MERGE, ("POST",)),
        StaffRoute(group, made.group, Act.LOOK, ("GET",)),
        StaffRoute(f"{group}/wording/preview", made.preview, Act.WORDING, ("POST",)),
        StaffRoute(f"{group}/wording", made.wording, Act.WORDING, ("POST",)),
        StaffRoute(f"{group}/draft", made.draft, Act.DRAFT, ("POST",)),
        StaffRoute(f"{group}/dismiss", made.dismiss, Act.DISMISS, ("POST",)),
        StaffRoute(f"{group}/merge", made.merge, Act.MERGE, ("POST",)),
        StaffRoute(f"{group}/split", made.split, Act.SPLIT, ("POST",)),
        StaffRoute(f"{group}/assign", made.assign, Act.ASSIGN, ("POST",)),
        StaffRoute(f"{group}/note", made.note, Act.NOTE, ("POST",)),
        StaffRoute(f"{group}/undo", made.undo, Act.UNDO, ("POST",)),
    ]


@dataclass(frozen=True, slots=True)
class Near:
    """An entry that may answer a group: its question in English and in the asker's language."""

    id: str
    share: float
    english: str
    asked: str
    asked_in: Language
    topic: str


class QueuePages:
    """The pages; each reads the database and the desk anew."""

    def __init__(self, pages: StaffPages) -> None:
        """Show them in the frame that all pages of staff have."""
        self._pages, self._office = pages, pages.office

    # ---- the list

    async def listed(self, request: Request, member: Member) -> Response:
        """Show the groups of the filter in the address."""
        wanted = _wanted(request.query_params)
        async with self._office.store.read() as connection:
            page = await queue.groups(connection, self._office, wanted)
            team = await staff.members(connection)
            waits = await waiting.counts(connection, [one.id for one in page.groups])
        return self._page(
            request,
            "staff/queue.html",
            wanted=wanted,
            page=page,
            waits=waits,
            kept=_kept(wanted),
            filters=_filters(wanted, [one.name for one in team if one.name != member.name], member),
            untouched=wanted == Wanted(),
            address=lambda number: f"/queue?{replace(wanted, page=number).query()}",
        )

    async def export(self, request: Request, _: Member) -> Response:
        """Hand over the redacted questions of the filter, as a table or as JSON lines."""
        wanted = _wanted(request.query_params)
        async with self._office.store.read() as connection:
            rows = await queue.rows(connection, self._office, wanted)
        if request.query_params.get("as") == "json":
            return _file(unmatched.as_json(rows), "application/jsonl", "questions.jsonl")
        # Excel takes a table for UTF-8 only with this mark at its beginning.
        return _file("\ufeff" + unmatched.as_csv(rows), "text/csv", "questions.csv")

    # ---- several groups at once

    async def dismiss_many(self, request: Request, member: Member) -> Response:
        """Mark the ticked groups as not ours."""
        return await self._many(request, member, "dismiss")

    async def assign_many(self, request: Request, member: Member) -> Response:
        """Give the ticked groups to the member."""
        return await self._many(request, member, "assign", member.name)

    async def merge_many(self, request: Request, member: Member) -> Response:
        """Merge the ticked groups into the one of them that has most questions."""
        return await self._many(request, member, "merge")

    async def _many(
        self,
        request: Request,
        member: Member,
        act: Literal["dismiss", "assign", "merge"],
        about: str = "",
    ) -> Response:
        """Do one thing with each ticked group; what somebody changed meanwhile stays as it is."""
        form = await fields(request)
        back = f"/queue?{_wanted({name: form.one(name) for name in form.given}).query()}"
        chosen = sorted(_chosen(form), key=lambda one: one.questions, reverse=True)
        if not chosen or (act == "merge" and len(chosen) == 1):
            which = "two groups or more" if act == "merge" else "one group or more"
            sentence = f"Nothing was done: tick {which} first."
            return self._pages.done(back, sentence, wrong=True)
        if act == "merge":
            about, chosen = str(chosen[0].group), chosen[1:]
        seen = [(one.group, one.version) for one in chosen]
        results = await queue.bulk(self._office, member, act, seen, about)
        return self._pages.done(
            back,
            _told(results),
            wrong=any(isinstance(one, Failed) for one in results),
        )

    # ---- one group

    async def group(self, request: Request, _: Member) -> Response:
        """Show one group, with everything that can be done with it."""
        return await self._group(request)

    async def _detail(self, request: Request) -> Detail:
        async with self._office.store.read() as connection:
            detail = await queue.group(connection, self._office, _id(request))
        if detail is None:
            raise HTTPException(404)
        return detail

    async def _group(
        self,
        request: Request,
        typed: Fields = NOTHING,
        wrong: str = "",
        status: int = 200,
    ) -> Response:
        """Show a group as it is now, with what was typed and why it was not done."""
        detail = await self._detail(request)
        async with self._office.store.read() as connection:
            team = await staff.members(connection)
            waits = await waiting.count(connection, detail.group.id)
        return self._page(
            request,
            "staff/group.html",
            status=status,
            detail=detail,
            group=detail.group,
            typed=typed,
            wrong=wrong,
            team=[one.name for one in team if one.may(Act.ASSIGN)],
            waits=waits,
            near=(near := self._near(detail.group)),
            topics=self._topics(),
            topic=near[0].topic if near else "",
            wording=queue.MARK.sub("", detail.group.title).strip(),
            suggested=_suggested(detail.group),
            ticked=typed.all("question"),
            ids=self._ids(),
        )

    def _near(self, group: Group) -> list[Near]:
        """Return the nearest entries that are (still) there, likeliest first."""
        entries = self._office.desk().library.entries
        made = []
        for id_, share in group.nearest:
            if (entry := entries.get(id_)) is not None:
                spoken, text = entry.text(group.language)
                english = entry.text(Language.EN)[1].question
                made.append(Near(id_, share, english, text.question, spoken, entry.topic))
        return made

    def _ids(self) -> list[tuple[str, str]]:
        """Return every entry with its question, to choose from."""
        entries = self._office.desk().library.entries.values()
        return [(entry.id, entry.text(Language.EN)[1].question) for entry in entries]

    def _topics(self) -> list[tuple[str, str]]:
        library = self._office.desk().library
        headings = library.phrases.by_language[Language.EN]
        return [(topic, headings[f"topic_{topic}"]) for topic in load.topics(self._office.faq)]

    async def preview(self, request: Request, _: Member) -> Response:
        """Show what else a new wording would move, before it is written."""
        form = await fields(request)
        entry, text, language = _entry(form), form.one("text"), _language(form)
        if not entry or not text:
            missing = "Choose an entry" if not entry else "Write the wording"
            return await self._group(request, form, f"{missing} first.", 400)
        try:
            seen = await queue.preview(self._office, entry, language, text)
        except RefusedError as error:
            wrong = f"Not done: {shown.sentence(str(error))}"
            return await self._group(request, form, wrong, 409)
        return self._page(
            request,
            "staff/wording.html",
            group=(await self._detail(request)).group,
            preview=seen,
            version=form.one("version"),
            entry=entry,
            text=text,
            language=language,
            asked=self._question(entry, language),
        )

    def _question(self, entry: str, language: Language) -> tuple[Language, str]:
        """Return an entry's question in a language, or in another that it has."""
        library = self._office.desk().library
        found = library.entries.get(entry) or library.drafts.get(entry)
        if found is None:
            return Language.EN, entry
        spoken, text = found.text(language)
        return spoken, text.question

    async def wording(self, request: Request, member: Member) -> Response:
        """Write a new wording into an entry's file."""

        def do(group: int, version: int, form: Fields) -> Awaitable[Done]:
            entry, language = _entry(form), _language(form)
            text = form.one("text")
            return queue.wording(self._office, member, group, version, entry, language, text)

        return await self._one(request, do)

    async def draft(self, request: Request, member: Member) -> Response:
        """Write the file of a new entry, which is not served yet."""

        def do(group: int, version: int, form: Fields) -> Awaitable[Done]:
            entry, topic = form.one("draft"), form.one("topic") or None
            return queue.draft(self._office, member, group, version, entry, _kind(form), topic)

        return await self._one(request, do)

    async def dismiss(self, request: Request, member: Member) -> Response:
        """Mark a group as not ours."""
        return await self._one(
            request,
            lambda group, version, _: queue.dismiss(self._office, member, group, version),
        )

    async def merge(self, request: Request, member: Member) -> Response:
        """Put a group's questions into another group."""

        def do(group: int, version: int, form: Fields) -> Awaitable[Done]:
            into = _into(form)
            if not into:
                msg = "choose the group to merge into, or write its number."
                raise RefusedError(msg)
            return queue.merge(self._office, member, group, version, into)

        return await self._one(request, do, merged=True)

    async def split(self, request: Request, member: Member) -> Response:
        """Make a group of its own of the ticked questions."""

        def do(group: int, version: int, form: Fields) -> Awaitable[Done]:
            ticked = [one for value in form.all("question") if (one := _number(value))]
            return queue.split(self._office, member, group, version, ticked)

        return await self._one(request, do)

    async def assign(self, request: Request, member: Member) -> Response:
        """Give a group to a member, or to nobody."""

        def do(group: int, version: int, form: Fields) -> Awaitable[Done]:
            return queue.assign(self._office, member, group, version, form.one("to"))

        return await self._one(request, do)

    async def note(self, request: Request, member: Member) -> Response:
        """Keep a note of staff with a group."""
        return await self._one(
            request,
            lambda group, _, form: queue.note(self._office, member, group, form.one("note")),
        )

    async def undo(self, request: Request, member: Member) -> Response:
        """Take back what was last done with a group."""
        return await self._one(
            request,
            lambda _, __, form: queue.undo(self._office, member, form.number("step") or 0),
        )

    async def _one(self, request: Request, do: Do, *, merged: bool = False) -> Response:
        """Do one thing with a group; refused, the page comes again with why and what was typed."""
        form = await fields(request)
        try:
            done = await do(_id(request), form.number("version") or UNSEEN, form)
        except StaleError as error:
            now = "This is the group as it is now; what you typed is kept."
            wrong = f"Not done: {shown.sentence(str(error))} {now}"
            return await self._group(request, form, wrong, 409)
        except RefusedError as error:
            wrong = f"Not done: {shown.sentence(str(error))}"
            return await self._group(request, form, wrong, 409)
        # What was merged is to be looked at, and undone, where it went.
        shown_next = _into(form) if merged else _id(request)
        return self._pages.done(f"/queue/{shown_next}", shown.sentence(done.sentence))

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        now = self._office.clock()
        return self._pages.page(
            request,
            template,
            spoken=SPOKEN,
            why=WHY,
            did=STEPS,
            few=tally.few,
            ago=lambda at: shown.age(at, now),
            **shown.TOOLS,
            **values,
        )


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)


# ---- filters


Filter = tuple[str, str, list[tuple[str, str]], str]
"""A field of the address, its label, its values with their labels, and the one that is set."""


def _filters(wanted: Wanted, others: list[str], member: Member) -> list[Filter]:
    anyone = [(ANYONE, "anyone or nobody"), ("", "nobody"), (member.name, "me")]
    return [
        ("state", "State", [*((s, s) for s in State), (ANYONE, "all")], wanted.state or ANYONE),
        ("language", "Language", [("", "all"), *SPOKEN.items()], wanted.language or ""),
        ("why", "Why", [("", "all"), *((w, WHY[w][0]) for w in WHY)], wanted.why or ""),
        (
            "assigned",
            "Assigned to",
            [*anyone, *((name, name) for name in others)],
            ANYONE if wanted.assigned is None else wanted.assigned,
        ),
        (
            "order",
            "Order",
            [("newest", "newest first"), ("largest", "largest first")],
            wanted.order,
        ),
    ]


def _kept(wanted: Wanted) -> list[tuple[str, str]]:
    """Return the filter as the hidden fields of the form that acts on several groups."""
    return parse_qsl(wanted.query(), keep_blank_values=True)


# ---- what a form holds


@dataclass(frozen=True, slots=True)
class Chosen:
    """A group that was ticked, as it was seen."""

    group: int
    version: int
    questions: int


def _chosen(form: Fields) -> list[Chosen]:
    """Return the ticked groups; each box says number, version and how many questions it has."""
    made = []
    for value in form.all("group"):
        numbers = [_number(part) for part in value.split(".")]
        if len(numbers) == len(Chosen.__slots__) and all(numbers):
            made.append(Chosen(*(number or UNSEEN for number in numbers)))
    return made


def _number(value: str) -> int | None:
    return Fields({"": [value]}).number("")


def _told(results: list[Done | Failed]) -> str:
    """Return what became of several groups: what was done once, what failed one by one."""
    done = [one.sentence for one in results if isinstance(one, Done)]
    failed = [one.sentence for one in results if isinstance(one, Failed)]
    many = [f"{len(done)} groups: done."] if len(done) > 1 else done
    return " ".join(map(shown.sentence, [*many, *failed]))


def _suggested(group: Group) -> str:
    """Return an id for an entry about a group: the first telling words of an English title."""
    words = re.findall("[a-z0-9]+", group.title.lower()) if group.language is Language.EN else []
    telling = [word for word in words if word not in EMPTY and len(word) < MOST_WORD]
    return "-".join(telling[:WORDS_OF_ID])


def _id(request: Request) -> int:
    return int(request.path_params["group"])


def _entry(form: Fields) -> str:
    """Return the chosen entry: one of the nearest, or another whose id was written."""
    chosen = form.one("entry")
    return form.one("other") if chosen in ("", "other") else chosen


def _into(form: Fields) -> int:
    """Return the group to merge into: one of those that are near, or another; 0 for none."""
    return form.number("other_group") or form.number("into") or 0


def _language(form: Fields) -> Language:
    value = form.one("language")
    return Language(value) if value in set(Language) else Language.EN


def _kind(form: Fields) -> Kind:
    value = form.one("kind")
    return Kind(value) if value in set(Kind) else Kind.FACT
