"""The chat page over HTTP: every route, every language, with and without its script."""

import asyncio
import gc
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from assistant import Desk
from console import web as web_pages
from console.web import MOST_BODY_BYTES, Pages, application
from faq.entry import make_library
from reception import Reception
from storage.retention import Days
from storage.store import Store
from storage.tables import asked, decisions, metadata, unmatched, votes
from text import Language
from yamlfile import Problem

PART = {"x-part": "turn"}
PAGES = ["/", "/topics", "/entry/malaria-spread", "/contacts", "/contacts/KE", "/privacy"]
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
UNCLOSED = frozenset({"meta", "link", "img", "input", "br"})
FORM = {"content-type": "application/x-www-form-urlencoded"}


MARKUP = st.sampled_from(
    ["<", ">", "&", '"', "'", "</p>", "<script>", "<img src=x>", "&lt;", "<!--", "{{", "\n", " "]
)


@dataclass(slots=True)
class Element:
    """An element of a page, the text in it, and the elements inside."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def all(self, tag: str, kind: str = "") -> list["Element"]:
        """Return the elements inside that have a tag and, if one is given, a class; in order."""
        found: list[Element] = []
        for element in self.inside:
            classes = element.attributes.get("class", "").split()
            if tag in ("*", element.tag) and (not kind or kind in classes):
                found.append(element)
            found += element.all(tag, kind)
        return found

    def one(self, tag: str, kind: str = "") -> "Element":
        """Return the only such element."""
        (found,) = self.all(tag, kind)
        return found


class Reader(HTMLParser):
    """Reads a page; an element that is closed wrongly is a mistake in a template."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in UNCLOSED:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop().tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(answer: httpx.Response) -> Element:
    """Return what stands in an answer."""
    reader = Reader()
    reader.feed(answer.text)
    reader.close()
    (page,) = reader.open
    return page


def visitor(reception: Reception, address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
    """Return somebody's browser without JavaScript."""
    # Like a server, which turns an error inside the application into a page.
    transport = httpx.ASGITransport(
        application(reception), raise_app_exceptions=False, client=(address, 1234)
    )
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(
        transport=transport, base_url="http://sehat.test", headers=given_headers
    )


async def send(web: httpx.AsyncClient, form: Element, **typed: str) -> httpx.Response:
    """Send a form as a browser does: its hidden fields, and what was typed or pressed."""
    hidden = {
        item.attributes["name"]: item.attributes["value"]
        for item in form.all("input")
        if item.attributes["type"] == "hidden"
    }
    assert "post" == form.attributes["method"]
    return await web.post(form.attributes["action"], data={**hidden, **typed})


async def ask(web: httpx.AsyncClient, question: str, lang: str = "") -> Element:
    """Ask on the page and return the page that answers."""
    answer = await web.post(
        "/ask", params={"lang": lang} if lang else {}, data={"question": question}
    )
    assert 200 == answer.status_code
    return read(answer)


async def rows(reception: Reception, table: sqlalchemy.Table) -> list[Any]:
    """Return all rows of a table."""
    async with reception.store.read() as connection:
        return list((await connection.execute(select(table))).all())


async def break_database(reception: Reception) -> None:
    """Take away every table, so that nothing can be written."""
    async with reception.store.begin() as connection:
        await connection.run_sync(metadata.drop_all)


@pytest.fixture
async def web(reception: Reception) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript that says nothing about its language."""
    async with visitor(reception) as made:
        yield made


# ---- every page, every language


def test_no_route_is_forgotten_here(reception: Reception) -> None:
    """Whoever adds a route adds its tests."""
    tested = {"/", "/ask", "/none", "/vote", "/topics", "/entry/{entry}", "/contacts"}
    tested |= {"/contacts/{country}", "/privacy", "/health", "/static"}

    assert tested == {getattr(route, "path", "") for route in Pages(reception).routes()}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", PAGES)
async def test_every_page_speaks_every_language(
    web: httpx.AsyncClient, path: str, language: Language
) -> None:
    """The language, its direction, and which of the five is shown."""
    answer = await web.get(path, params={"lang": language})
    page = read(answer).one("html")
    current = [a for a in page.one("nav").all("a") if "aria-current" in a.attributes]

    assert 200 == answer.status_code
    assert (language, "rtl" if language == "ur" else "ltr") == (
        page.attributes["lang"],
        page.attributes["dir"],
    )
    assert [f"?lang={language}"] == [a.attributes["href"] for a in current]


@pytest.mark.parametrize("language", list(Language))
async def test_every_entry_has_a_page_in_every_language(
    web: httpx.AsyncClient, desk: Desk, language: Language
) -> None:
    """Title, answer and the question whether it helped, of all entries."""
    broken = []
    for entry in desk.library.entries.values():
        page = read(await web.get(f"/entry/{entry.id}", params={"lang": language}))
        title = entry.text(language)[1].question
        if [title] != [found.text for found in page.all("h2")] or not page.all("form", "vote"):
            broken.append(entry.id)

    assert [] == broken


@pytest.mark.parametrize("language", list(Language))
async def test_topics_lead_to_every_entry(
    web: httpx.AsyncClient, desk: Desk, language: Language
) -> None:
    """Each question stands under one heading and keeps the language."""
    page = read(await web.get("/topics", params={"lang": language}))
    links = [a.attributes["href"] for section in page.all("section") for a in section.all("a")]

    assert sorted(f"/entry/{entry}?lang={language}" for entry in desk.library.entries) == sorted(
        links
    )
    assert all(section.one("h2").text for section in page.all("section"))


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_one_heading_one_main_part_and_a_title(
    web: httpx.AsyncClient, path: str
) -> None:
    """What screen readers go by."""
    page = read(await web.get(path))

    assert page.one("h1").text.strip()
    assert page.one("main").attributes["id"] == "main"
    assert "Sehat" in page.one("title").text


@pytest.mark.parametrize("path", PAGES)
async def test_skip_links_and_labels_lead_somewhere(web: httpx.AsyncClient, path: str) -> None:
    """A fragment or a label whose element is missing helps nobody."""
    page = read(await web.get(path))
    ids = {element.attributes["id"] for element in page.all("*") if "id" in element.attributes}
    wanted = {a.attributes["href"][1:] for a in page.all("a") if a.attributes["href"][0] == "#"}
    wanted |= {label.attributes["for"] for label in page.all("label")}

    assert wanted
    assert wanted <= ids


async def test_links_keep_a_language_that_was_chosen(web: httpx.AsyncClient) -> None:
    """And say nothing of one that was not."""
    chosen = read(await web.get("/", params={"lang": "sw"}))
    unchosen = read(await web.get("/"))

    assert {"/topics?lang=sw", "/contacts?lang=sw", "/privacy?lang=sw"} == {
        a.attributes["href"] for a in chosen.one("footer").all("a")
    }
    assert {"/topics", "/contacts", "/privacy"} == {
        a.attributes["href"] for a in unchosen.one("footer").all("a")
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ur,en;q=0.8", "ur"),
        ("de-DE, sw-KE;q=0.7, en;q=0.5", "sw"),
        ("HI-in", "hi"),
        ("id", "id"),
        ("fr, *;q=0.1", "en"),
        (" ;q=,,;", "en"),
        ("", "en"),
    ],
    ids=["first", "first-we-speak", "upper-case", "alone", "none-of-ours", "garbage", "empty"],
)
async def test_speaks_the_browsers_language(
    reception: Reception, header: str, language: str
) -> None:
    """Nobody has to look for the switch first."""
    async with visitor(reception, accept_language=header) as web:
        page = read(await web.get("/")).one("html")

    assert language == page.attributes["lang"]


async def test_a_chosen_language_goes_before_the_browsers(reception: Reception) -> None:
    """An unknown one does not count as chosen."""
    async with visitor(reception, accept_language="hi") as web:
        chosen = read(await web.get("/?lang=id")).one("html")
        unknown = read(await web.get("/?lang=xx")).one("html")

    assert "id" == chosen.attributes["lang"]
    assert "hi" == unknown.attributes["lang"]


async def test_the_organisations_language_is_the_last_resort(reception: Reception) -> None:
    """A desk that was swapped shows on the next page."""
    async with visitor(reception) as web:
        reception.desk = replace(reception.desk, default_language=Language.UR)
        page = read(await web.get("/")).one("html")

    assert ("ur", "rtl") == (page.attributes["lang"], page.attributes["dir"])


# ---- asking


async def test_answers_with_title_sources_and_what_to_ask_next(web: httpx.AsyncClient) -> None:
    """The main job, without JavaScript: one form, one page."""
    home = read(await web.get("/"))
    (form,) = home.all("form", "composer")
    page = read(await send(web, form, question="how does malaria spread"))
    article = page.one("article")

    assert "How does malaria spread?" == article.one("h2").text
    assert "mosquito" in article.text
    assert any(a.attributes["href"].startswith("/entry/") for a in article.all("a", "choice"))


async def test_sources_open_apart_and_learn_nothing(web: httpx.AsyncClient) -> None:
    """A publisher does not hear where a reader came from."""
    article = (await ask(web, "how does malaria spread")).one("article")
    links = article.one("div", "sources").all("a")

    assert links
    for link in links:
        assert link.attributes["href"].startswith("https://")
        assert ("noopener noreferrer", "_blank") == (
            link.attributes["rel"],
            link.attributes["target"],
        )


@pytest.mark.parametrize(
    ("question", "language", "word"),
    [
        ("how does malaria spread", "en", "mosquito"),
        ("मलेरिया कैसे फैलता है", "hi", "मच्छर"),
        ("malaria kaise failta hai", "hi", "मच्छर"),
        ("ملیریا کیسے پھیلتا ہے", "ur", "مچھر"),
        ("malaria huenezwaje", "sw", "mbu"),
        ("bagaimana malaria menular", "id", "nyamuk"),
    ],
    ids=["en", "hi", "hi-latin", "ur", "sw", "id"],
)
async def test_answers_in_the_language_of_the_question(
    web: httpx.AsyncClient, question: str, language: str, word: str
) -> None:
    """The page around it stays as it was; the answer says its own language and direction."""
    page = await ask(web, question)
    article = page.one("article")

    assert word in article.text
    assert (language, "rtl" if language == "ur" else "ltr") == (
        article.attributes["lang"],
        article.attributes["dir"],
    )
    assert "en" == page.one("html").attributes["lang"]


@pytest.mark.parametrize("place", ["query", "form"])
async def test_a_chosen_language_goes_before_the_questions(
    web: httpx.AsyncClient, place: str
) -> None:
    """Somebody reads one language and types another."""
    sent = {"question": "how does malaria spread"}
    if place == "query":
        answer = await web.post("/ask?lang=ur", data=sent)
    else:
        answer = await web.post("/ask", data={**sent, "lang": "ur"})

    assert "ur" == read(answer).one("article").attributes["lang"]


async def test_a_pressed_suggestion_chooses_no_language(web: httpx.AsyncClient) -> None:
    """Who pressed an example on the English page and then writes Hindi is answered in Hindi."""
    example = read(await web.get("/")).one("article").all("a", "choice")[0]
    shown = read(await web.get(example.attributes["href"]))
    (form,) = shown.all("form", "composer")
    page = read(await send(web, form, question="मलेरिया कैसे फैलता है"))

    assert "hi" == page.one("article").attributes["lang"]


async def test_a_reloaded_answer_leads_to_the_start(web: httpx.AsyncClient) -> None:
    """The question is gone; the language is not."""
    answer = await web.get("/ask", params={"lang": "sw"})

    assert (303, "/?lang=sw") == (answer.status_code, answer.headers["location"])


async def test_the_page_around_an_answer_takes_the_next_question(web: httpx.AsyncClient) -> None:
    """No way back is needed."""
    page = await ask(web, "how does malaria spread", "id")
    (form,) = page.all("form", "composer")
    again = read(await send(web, form, question="what helps a burn"))

    assert "/ask?lang=id" == form.attributes["action"]
    assert "id" == again.one("article").attributes["lang"]


@pytest.mark.parametrize("question", ["", "   ", "?!", "\n\n"], ids=repr)
async def test_an_empty_question_is_asked_for(web: httpx.AsyncClient, question: str) -> None:
    """Spaces are no question."""
    page = await ask(web, question)
    assert "Please type a short health question." in page.one("article").text


async def test_a_missing_question_is_an_empty_one(web: httpx.AsyncClient) -> None:
    """A form that was put together by hand."""
    page = read(await web.post("/ask", data={"lang": "en"}))
    assert "Please type a short health question." in page.one("article").text


async def test_a_file_in_place_of_a_question_is_not_read(web: httpx.AsyncClient) -> None:
    """And its temporary copy is closed: one left open is a warning, which fails here."""
    page = read(await web.post("/ask", files={"question": ("a.txt", b"how does malaria spread")}))
    gc.collect()

    assert "Please type a short health question." in page.one("article").text


@pytest.mark.parametrize(("country", "told"), [(None, False), ("KE", True)])
async def test_the_first_page_tells_that_numbers_were_not_dialled(
    reception: Reception, country: str | None, *, told: bool
) -> None:
    """Until staff confirm them; where no number is shown there is nothing to tell."""
    reception.desk = replace(reception.desk, country=country)
    async with visitor(reception) as web:
        page = await web.get("/?lang=en")

    assert told is ("have not been dialled by us yet" in page.text)


async def test_an_emergency_shows_the_number_and_first_steps(web: httpx.AsyncClient) -> None:
    """Coloured as one, with first aid behind a link, and no question whether it helped."""
    article = (await ask(web, "My son swallowed bleach")).one("article", "emergency")
    links = [a.attributes["href"] for a in article.all("a")]

    assert "Call your local emergency number" in article.text
    assert "Don't make the person vomit." in article.text
    assert ["/entry/poisoning?in=en", "/contacts?in=en"] == links
    assert [] == article.all("form")


async def test_an_urgent_question_begins_with_the_banner(web: httpx.AsyncClient) -> None:
    """General, but it may be happening now."""
    article = (await ask(web, "what should you do if a child swallows bleach?")).one("article")

    assert "If this is happening now" in article.one("p", "banner").text
    assert article.text.index("If this is happening now") < article.text.index(
        article.one("h2").text
    )


async def test_a_personal_case_is_refused_and_not_kept(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Counted, never stored."""
    page = await ask(web, "I have had fever for 3 days, do I have malaria?")
    assert "one person's symptoms" in page.one("article", "refuse").text

    assert [] == await rows(reception, unmatched)
    (row,) = await rows(reception, decisions)
    assert ("web", "refuse", "symptoms") == (row.channel, row.decision, row.category)


async def test_an_unknown_question_is_passed_on_without_details(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Kept before the page is sent, redacted."""
    page = await ask(web, "recipe for chocolate cake 98765 43210 a@example.org")
    assert "passed your question on" in page.one("article").text

    (row,) = await rows(reception, unmatched)
    assert ("web", "en") == (row.channel, row.language)
    assert not any(secret in row.text for secret in ("example.org", "98765", "43210"))


async def test_too_many_questions_have_to_wait_but_emergencies_never(
    desk: Desk, store: Store
) -> None:
    """By address; somebody else is not held back."""
    days = Days(unmatched=90, person=365, counts=730)
    reception = Reception(desk, store, b"test key", workers=1, per_minute=1, days=days)
    async with visitor(reception) as web, visitor(reception, "192.0.2.2") as other:
        await ask(web, "how does malaria spread")
        held_back = await ask(web, "how does malaria spread")
        emergency = await ask(web, "she is not breathing")
        elsewhere = await ask(other, "how does malaria spread")
    reception.close()

    assert "Please wait" in held_back.one("article").text
    assert "emergency" in emergency.one("article", "emergency").text
    assert "mosquito" in elsewhere.one("article").text


async def test_many_ask_at_once(web: httpx.AsyncClient, reception: Reception) -> None:
    """Each gets an answer, each is counted."""
    pages = await asyncio.gather(*(ask(web, "how does malaria spread") for _ in range(20)))

    assert all("mosquito" in page.one("article").text for page in pages)
    assert 20 == len(await rows(reception, decisions))


@pytest.mark.parametrize("word", ["a", "malaria ", "I have "])
async def test_a_very_long_message_does_not_hold_the_others_up(
    web: httpx.AsyncClient, word: str
) -> None:
    """Anyone may send one, and past the box's 4,000 characters; there are few workers."""
    before = asyncio.get_running_loop().time()
    await ask(web, (word * 100_000)[:100_000])

    assert asyncio.get_running_loop().time() - before < 10


# ---- what is asked is text, never markup


@pytest.mark.parametrize(
    "question",
    [
        "<script>alert(1)</script> malaria",
        '"><img src=x onerror=alert(1)>',
        "</p></div></main><h1>malaria",
        "{{ 7 * 7 }} {% raw %}",
        "&lt;b&gt; &amp; &quot;",
        "<!-- malaria -->",
    ],
    ids=["script", "attribute", "closing", "template", "entities", "comment"],
)
@pytest.mark.parametrize("headers", [{}, PART], ids=["page", "part"])
async def test_markup_in_a_question_is_shown_not_obeyed(
    web: httpx.AsyncClient, question: str, headers: dict[str, str]
) -> None:
    """Letter by letter as it was typed."""
    answer = await web.post("/ask", data={"question": question}, headers=headers)
    page = read(answer)

    assert question == page.one("div", "mine").all("p")[-1].text
    assert "<script>" not in answer.text
    assert "onerror" not in {name for element in page.all("*") for name in element.attributes}


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(question=st.lists(MARKUP | st.characters(), min_size=1).map("".join))
async def test_no_question_changes_the_page_around_it(
    web: httpx.AsyncClient, question: str
) -> None:
    """The page's frame is the same as around any other question."""
    page = await ask(web, question)
    plain = await ask(web, "malaria")

    assert question == page.one("div", "mine").all("p")[-1].text
    assert [e.tag for e in plain.one("head").all("*")] == [e.tag for e in page.one("head").all("*")]
    assert ["div", "form"] == [e.tag for e in page.one("main").inside if e.tag != "h1"]


async def test_a_question_takes_its_direction_from_its_own_letters(web: httpx.AsyncClient) -> None:
    """Not from the word “You” that stands above it."""
    page = await ask(web, "ملیریا کیسے پھیلتا ہے", "en")
    mine = page.one("div", "mine")

    assert "dir" not in mine.attributes
    assert ["", "auto"] == [p.attributes.get("dir", "") for p in mine.all("p")]


# ---- turns for the page's script


async def test_the_script_gets_only_the_turn(web: httpx.AsyncClient) -> None:
    """The same turn as in the whole page, but for its nonce."""
    sent = {"question": "how does malaria spread"}
    part = read(await web.post("/ask", data=sent, headers=PART))
    whole = read(await web.post("/ask", data=sent))

    assert ["div", "article"] == [element.tag for element in part.inside]
    assert whole.one("div", "log").text.split() == part.text.split()


async def test_a_pressed_suggestion_is_counted_and_an_opened_link_is_not(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Search engines and previews open links."""
    await web.get("/entry/cpr?lang=ur")
    assert [] == await rows(reception, decisions)

    part = read(await web.get("/entry/malaria-spread?lang=ur", headers=PART))
    (row,) = await rows(reception, decisions)
    assert ["article"] == [element.tag for element in part.inside]
    assert ("web", "ur", "answer", "malaria-spread") == (
        row.channel,
        row.language,
        row.decision,
        row.entry,
    )


# ---- none of these


async def test_none_of_these_passes_the_question_on(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """A suggestion that did not fit is an unmatched question after all; once."""
    page = await ask(web, "malaria")
    (form,) = page.one("article").all("form")
    assert [] == await rows(reception, unmatched)

    said = read(await send(web, form))
    await send(web, form)
    assert "passed your question on" in said.one("article").text
    assert ["malaria"] == [row.text for row in await rows(reception, unmatched)]


async def test_none_of_these_speaks_the_language_of_the_suggestions(
    web: httpx.AsyncClient,
) -> None:
    """Also on a page in another language."""
    page = await ask(web, "ملیریا")
    (form,) = page.one("article").all("form")
    said = read(await web.post("/none", data={"spoken": "ur"}, headers=PART))

    assert "ur" == form.all("input")[0].attributes["value"]
    assert ("ur", "rtl") == (said.inside[0].attributes["lang"], said.inside[0].attributes["dir"])


async def test_none_of_these_without_suggestions_writes_nothing(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """After a restart, or made up; an unknown language is the page's."""
    answer = await web.post("/none?lang=id", data={"spoken": "xx"})

    assert (200, "id") == (answer.status_code, read(answer).one("article").attributes["lang"])
    assert [] == await rows(reception, unmatched)
    assert [] == await rows(reception, decisions)


async def test_nobody_passes_another_persons_question_on(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """The page names its question; who shares its address does not know the name."""
    await ask(web, "malaria")
    for ref in ("", "x" * 16, "x' OR 1=1"):
        await web.post("/none", data={"spoken": "en", "ref": ref})

    assert [] == await rows(reception, unmatched)


async def test_each_page_passes_on_its_own_question(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Two people behind one address, the first of whom presses."""
    (form,) = (await ask(web, "malaria")).one("article").all("form")
    await ask(web, "diabetes")
    await send(web, form)

    assert ["malaria"] == [row.text for row in await rows(reception, unmatched)]


# ---- answers that did not help


async def test_a_question_whose_answer_did_not_help_reaches_staff(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """With the entry that was sent, once; no person is noted."""
    form = (await ask(web, "how does malaria spread")).one("form", "vote")
    await send(web, form, helpful="0")
    await send(web, form, helpful="0")
    (row,) = await rows(reception, unmatched)

    assert ("not_helpful", "malaria-spread", "how does malaria spread") == (
        row.why,
        row.entry,
        row.text,
    )
    assert [] == await rows(reception, asked)


async def test_a_suggestion_that_was_opened_may_not_help_either(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """The question of the page is carried along in the links."""
    page = await ask(web, "malaria")
    link = page.all("a", "choice")[0].attributes["href"]
    opened = read(await web.get(link, headers=PART))
    await send(web, opened.one("form", "vote"), helpful="0")
    (row,) = await rows(reception, unmatched)

    assert ("not_helpful", "malaria") == (row.why, row.text)
    assert row.entry in link


async def test_a_helpful_answer_leaves_no_words(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Nor does a vote on a page that was opened by itself."""
    form = (await ask(web, "how does malaria spread")).one("form", "vote")
    await send(web, form, helpful="1")
    other = read(await web.get("/entry/cpr?ref=%22%3E")).one("form", "vote")
    await send(web, other, helpful="0")

    assert [] == await rows(reception, unmatched)
    assert "ref" not in {item.attributes["name"] for item in other.all("input")}


# ---- votes


async def test_a_vote_counts_once_for_each_answer_shown(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Pressing twice counts once, the last holds; the next answer has a vote of its own."""
    first = (await ask(web, "how does malaria spread")).one("form", "vote")
    second = (await ask(web, "how does malaria spread")).one("form", "vote")
    await send(web, first, helpful="1")
    await send(web, first, helpful="0")
    await send(web, second, helpful="1")
    kept = await rows(reception, votes)

    assert [False, True] == sorted(row.helpful for row in kept)
    assert {("malaria-spread", "en")} == {(row.entry, row.language) for row in kept}


@pytest.mark.parametrize(
    ("helpful", "thanks"), [("1", "Thank you!"), ("0", "needs work")], ids=["yes", "no"]
)
async def test_a_vote_is_thanked_for(web: httpx.AsyncClient, helpful: str, thanks: str) -> None:
    """On a page of its own, or in the place of the buttons."""
    form = (await ask(web, "how does malaria spread")).one("form", "vote")
    page = read(await send(web, form, helpful=helpful))
    sent = {"entry": "cpr", "nonce": "n", "helpful": helpful}
    part = read(await web.post("/vote", data=sent, headers=PART))

    assert thanks in page.one("h1").text
    assert ["p"] == [element.tag for element in part.inside]
    assert thanks in part.text


async def test_a_vote_is_thanked_for_in_the_language_of_the_answer(web: httpx.AsyncClient) -> None:
    """The answer's, not the page's."""
    form = (await ask(web, "malaria huenezwaje")).one("form", "vote")
    hidden = {item.attributes["name"]: item.attributes["value"] for item in form.all("input")}
    part = await web.post("/vote", data={**hidden, "helpful": "1"}, headers=PART)

    assert "Asante" in read(part).text


async def test_every_answer_has_a_nonce_of_its_own(web: httpx.AsyncClient) -> None:
    """Of 16 random bytes."""
    pages = [await ask(web, "how does malaria spread") for _ in range(3)]
    nonces = {
        item.attributes["value"]
        for page in pages
        for item in page.one("form", "vote").all("input")
        if item.attributes["name"] == "nonce"
    }

    assert 3 == len(nonces)
    assert {32} == {len(bytes.fromhex(nonce)) * 2 for nonce in nonces}


async def test_a_nonce_is_read_no_further_than_its_length(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """What is tacked on makes no second vote."""
    for tail in ("", "b", "c" * 1000):
        await web.post("/vote", data={"entry": "cpr", "nonce": "a" * 32 + tail, "helpful": "1"})

    assert 1 == len(await rows(reception, votes))


@pytest.mark.parametrize(
    "sent",
    [
        {"entry": "no-such-entry", "nonce": "n"},
        {"entry": "cpr", "nonce": ""},
        {"entry": "cpr"},
        {"nonce": "n"},
        {},
    ],
    ids=["unknown-entry", "empty-nonce", "no-nonce", "no-entry", "nothing"],
)
async def test_a_made_up_vote_is_refused(
    web: httpx.AsyncClient, reception: Reception, sent: dict[str, str]
) -> None:
    """And leaves no row."""
    answer = await web.post("/vote", data={**sent, "helpful": "1"})

    assert 400 == answer.status_code
    assert [] == await rows(reception, votes)


async def test_nothing_kept_tells_who_asked(web: httpx.AsyncClient, reception: Reception) -> None:
    """The address is in no table, nor is its hash beside a vote."""
    page = await ask(web, "how does malaria spread")
    await send(web, page.one("form", "vote"), helpful="1")
    await ask(web, "recipe for chocolate cake")
    kept = [str(row) for table in metadata.sorted_tables for row in await rows(reception, table)]

    kept.remove("(1, 0, '')")  # the head of the audit is always there
    assert 4 == len(kept)  # two decisions, a vote, an unmatched question
    assert not any("192.0.2.1" in row for row in kept)
    assert not any(reception.person("web", "192.0.2.1") in row for row in kept)


# ---- numbers to dial


@pytest.mark.parametrize(
    ("line", "dialled"),
    [
        ("Call 112 now", ["112"]),
        ("Tele-MANAS 14416", ["14416"]),
        ("Samaritans 116 123, or 15.", ["116123", "15"]),
        ("1-800-799-7233", ["18007997233"]),
        ("call +254 700 123 456", ["+254700123456"]),
        ("112۔ پر فون کریں", ["112"]),
        ("120-112, 1120, 112.5, healing119.id, x112", []),
        ("healing119.id", []),
    ],
    ids=["plain", "name", "two", "hyphens", "abroad", "urdu", "other-numbers", "address"],
)
def test_a_number_to_call_is_dialled_by_a_press(line: str, dialled: list[str]) -> None:
    """Only numbers that we list; the text stays as it is."""
    listed = ["112", "15", "Tele-MANAS 14416", "Samaritans 116 123", "1-800-799-7233"]
    linked = web_pages.dialled(line, frozenset([*listed, "healing119.id", "+254 700 123 456"]))

    assert dialled == re.findall(r'href="tel:([^"]*)"', linked)
    assert line == linked.striptags()


def test_what_stands_beside_a_number_stays_text() -> None:
    """The line is escaped as ever."""
    linked = web_pages.dialled("<b>112</b>", frozenset({"112"}))

    assert "&lt;b&gt;<a" in linked


async def test_an_emergency_card_can_be_dialled(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Its number is a link; the minutes of an ordinary answer are none."""
    reception.desk = replace(reception.desk, country="PK")
    card = await ask(web, "my father is not breathing")
    answer = await ask(web, "what to do about a burn")

    assert "tel:1122" in {a.attributes["href"] for a in card.all("a", "dial")}
    assert {"tel:1122"} >= {a.attributes["href"] for a in answer.all("a", "dial")}


@pytest.mark.parametrize(
    ("lang", "name"),
    [("en", "Kenya"), ("hi", "केन्या"), ("ur", "کینیا"), ("sw", "Uingereza"), ("id", "Inggris Raya")],
)
async def test_countries_are_named_in_the_language_of_the_page(
    web: httpx.AsyncClient, lang: str, name: str
) -> None:
    """Not in English for all."""
    page = read(await web.get(f"/contacts?lang={lang}"))

    assert name in page.one("main").text


# ---- pages to read


async def test_contacts_without_a_country_offer_all(web: httpx.AsyncClient, desk: Desk) -> None:
    """No country is guessed."""
    page = read(await web.get("/contacts"))
    links = {a.attributes["href"] for a in page.one("main").all("a", "choice")}

    assert {f"/contacts/{code}" for code in desk.contacts.countries} == links
    assert "112 works from many mobile phones" in page.one("main").text


async def test_contacts_show_the_organisations_country_first(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """And its number stands in the emergency reply."""
    reception.desk = replace(reception.desk, country="KE")
    page = read(await web.get("/contacts"))
    emergency = await ask(web, "she is not breathing")

    assert "Kenya" in page.one("h2").text
    assert "999" in page.one("article").text
    assert "Call 999" in emergency.one("article").text


async def test_contacts_say_that_nobody_has_dialled_them(web: httpx.AsyncClient) -> None:
    """Until somebody has."""
    page = read(await web.get("/contacts/IN"))
    assert "have not been dialled" in page.one("article").text


async def test_privacy_tells_the_days_in_force(desk: Desk, store: Store) -> None:
    """From the settings, with whom to ask."""
    days = Days(unmatched=17, person=23, counts=730)
    reception = Reception(
        desk, store, b"k", workers=1, per_minute=1, days=days, privacy_contact="Ms Odhiambo"
    )
    async with visitor(reception) as web:
        text = read(await web.get("/privacy")).one("main").text
    reception.close()

    assert "17 days" in text
    assert "23 days" in text
    assert "Ms Odhiambo" in text


async def test_sample_content_is_called_so_until_it_is_approved(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """The note goes with the last sample entry."""
    before = read(await web.get("/entry/cpr"))
    library = reception.desk.library
    reviewed = {
        entry.id: entry.model_copy(
            update={"review": entry.review.model_copy(update={"by": "Dr Example"})}
        )
        for entry in library.entries.values()
    }
    reception.desk = replace(reception.desk, library=make_library(reviewed, library.phrases))
    after = read(await web.get("/entry/cpr"))

    assert 1 == len(before.all("p", "sample"))
    assert [] == after.all("p", "sample")
    assert "no clinician" not in after.one("article").text


async def test_examples_that_the_library_lacks_are_not_offered(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """Another knowledge base has other topics."""
    library = reception.desk.library
    only = {"burns-first-aid": library.entries["burns-first-aid"]}
    reception.desk = replace(reception.desk, library=make_library(only, library.phrases))
    page = read(await web.get("/"))

    assert ["/entry/burns-first-aid?in=en", "/topics"] == [
        a.attributes["href"] for a in page.one("article").all("a", "choice")
    ]


async def test_an_entry_without_sources_shows_no_empty_list(web: httpx.AsyncClient) -> None:
    """Service entries have none."""
    article = read(await web.get("/entry/service-about-bot")).one("article")

    assert [] == article.all("div", "sources")
    assert article.all("form", "vote")


# ---- headers


async def everything(web: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """Visit every route, and what is none; return the answers by place."""
    sent = {"question": "how does malaria spread", "entry": "cpr", "nonce": "n", "helpful": "1"}
    gets = [*PAGES, "/ask", "/health", "/static/sehat.css", "/nowhere", "/static/nothing", "/vote"]
    made = {f"GET {path}": await web.get(path) for path in gets}
    made |= {f"POST {path}": await web.post(path, data=sent) for path in ("/ask", "/none", "/vote")}
    made["POST too much"] = await web.post("/ask", content=b"a" * (MOST_BODY_BYTES + 1))
    made["POST /vote made up"] = await web.post("/vote")
    return made


async def test_every_answer_carries_the_strict_headers(web: httpx.AsyncClient) -> None:
    """Nothing runs or loads but our own files, and nobody may frame the page."""
    for place, answer in (await everything(web)).items():
        policy = answer.headers["content-security-policy"].split("; ")

        assert POLICY == dict(part.split(" ", 1) for part in policy), place
        assert ("nosniff", "no-referrer", "DENY", "same-origin") == (
            answer.headers["x-content-type-options"],
            answer.headers["referrer-policy"],
            answer.headers["x-frame-options"],
            answer.headers["cross-origin-opener-policy"],
        ), place


async def test_no_answer_sets_a_cookie(web: httpx.AsyncClient) -> None:
    """As the privacy page says."""
    answers = await everything(web)

    assert not [place for place, answer in answers.items() if "set-cookie" in answer.headers]
    assert not web.cookies


async def test_only_files_are_stored_by_caches(web: httpx.AsyncClient) -> None:
    """A shared computer must not show the last person's answer."""
    answers = await everything(web)
    stored = {p for p, a in answers.items() if a.headers["cache-control"] != "no-store"}

    assert {"GET /static/sehat.css"} == {p for p in stored if answers[p].is_success}


@pytest.mark.parametrize("path", [*PAGES, "/nowhere"])
async def test_a_page_holds_no_style_or_script_of_its_own(
    web: httpx.AsyncClient, path: str
) -> None:
    """The policy would stop it; and all it loads is there."""
    page = read(await web.get(path))
    attributes = {name for element in page.all("*") for name in element.attributes}
    loaded = [e.attributes["href"] for e in page.all("link")]
    loaded += [e.attributes["src"] for e in (*page.all("script"), *page.all("img"))]

    assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert [] == page.all("style") + [e for e in page.all("script") if e.text]
    assert {200} == {(await web.get(address)).status_code for address in loaded}


# ---- what goes wrong


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/entry/no-such-entry", 404),
        ("GET", "/contacts/XX", 404),
        ("GET", "/static/nothing.css", 404),
        ("GET", "/static/../web.py", 404),
        ("GET", "/static/%2e%2e/web.py", 404),
        ("GET", "/vote", 405),
        ("GET", "/none", 405),
        ("POST", "/", 405),
        ("DELETE", "/ask", 405),
        ("POST", "/health", 405),
    ],
)
@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "This page does not exist."), ("ur", "یہ صفحہ موجود نہیں ہے۔")],
    ids=["en", "ur"],
)
async def test_a_wrong_address_is_said_in_the_visitors_language(  # noqa: PLR0913, PLR0917 - a table
    web: httpx.AsyncClient, method: str, path: str, status: int, lang: str, sentence: str
) -> None:
    """With a way back to the start."""
    answer = await web.request(method, path, params={"lang": lang})
    page = read(answer)

    assert status == answer.status_code
    assert sentence == page.one("h1").text
    assert f"/?lang={lang}" in [a.attributes["href"] for a in page.one("main").all("a")]


async def test_a_wrong_method_is_told_the_right_ones(web: httpx.AsyncClient) -> None:
    """RFC 9110, 15.5.6: a 405 must carry Allow."""
    answer = await web.get("/vote")
    assert "POST" == answer.headers.get("allow")


async def test_a_broken_form_is_refused(web: httpx.AsyncClient) -> None:
    """A multipart body without its boundary cannot be read."""
    answer = await web.post(
        "/ask", content=b"--x\r\n", headers={"content-type": "multipart/form-data"}
    )

    assert 400 == answer.status_code
    assert read(answer).one("h1").text


@pytest.mark.parametrize("length", [str(MOST_BODY_BYTES + 1), "-1", "many", "9" * 5000])
async def test_a_body_that_says_it_is_too_long_is_not_read(
    web: httpx.AsyncClient, length: str
) -> None:
    """Nor one whose length is no number."""
    sent = {**FORM, "content-length": length}
    answer = await web.post("/ask", content=b"question=malaria", headers=sent)

    assert 413 == answer.status_code
    assert "too long" in answer.text


async def in_pieces(pieces: int) -> AsyncIterator[bytes]:
    """Yield a form of 100,000 bytes a piece, whose length nobody tells beforehand."""
    yield b"question=malaria&padding="
    for _ in range(pieces):
        yield b"a" * 100_000


async def test_a_body_of_untold_length_is_read(web: httpx.AsyncClient) -> None:
    """Chunked, as some proxies send it."""
    answer = await web.post("/ask", content=in_pieces(2), headers=FORM)

    assert "content-length" not in answer.request.headers
    assert "malaria" == read(answer).one("div", "mine").all("p")[-1].text


async def test_a_body_of_untold_length_that_is_too_long_is_refused(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """At the limit, with the same words as if it had been told."""
    answer = await web.post("/ask", content=in_pieces(11), headers=FORM)

    assert 413 == answer.status_code
    assert "content-security-policy" in answer.headers
    assert [] == await rows(reception, decisions)


async def test_a_body_as_long_as_allowed_is_read(web: httpx.AsyncClient) -> None:
    """The limit itself is within the limit."""
    start = b"question=malaria&padding="
    answer = await web.post(
        "/ask", content=start + b"a" * (MOST_BODY_BYTES - len(start)), headers=FORM
    )

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "I can't answer right now."), ("ur", "ابھی جواب نہیں مل پا رہا۔")],
    ids=["en", "ur"],
)
async def test_a_fault_of_ours_is_said_with_the_emergency_number(
    reception: Reception, lang: str, sentence: str
) -> None:
    """Workers that have gone home, for one; the page still tells whom to call."""
    reception.close()
    async with visitor(reception) as web:
        answer = await web.post("/ask", params={"lang": lang}, data={"question": "malaria"})

    assert 500 == answer.status_code
    assert sentence in read(answer).one("h1").text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("how does malaria spread", "mosquito"),
        ("my father is not breathing", "emergency"),
        ("recipe for chocolate cake", "checked answer"),
    ],
    ids=["answer", "emergency", "unmatched"],
)
async def test_answers_although_nothing_can_be_written(
    web: httpx.AsyncClient,
    reception: Reception,
    caplog: pytest.LogCaptureFixture,
    question: str,
    word: str,
) -> None:
    """The reply matters more; the log says that something is wrong, and nothing of the question."""
    await break_database(reception)
    with caplog.at_level(logging.INFO):
        page = await ask(web, question)

    assert word in page.one("article").text
    assert "a turn cannot be written" in caplog.text
    assert not any(secret in caplog.text for secret in (question, "192.0.2.1"))


async def test_presses_are_answered_although_nothing_can_be_written(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """A suggestion, “none of these” and a vote."""
    await ask(web, "malaria")
    await break_database(reception)
    entry = await web.get("/entry/cpr", headers=PART)
    none = await web.post("/none", data={"spoken": "en"})
    vote = await web.post("/vote", data={"entry": "cpr", "nonce": "n", "helpful": "1"})

    assert [200, 200, 200] == [entry.status_code, none.status_code, vote.status_code]


# ---- for machines


async def test_health_is_current_while_the_files_are_good(web: httpx.AsyncClient) -> None:
    """What a watchdog reads."""
    answer = await web.get("/health")

    assert "application/json" == answer.headers["content-type"]
    assert {"status": "ok", "content": "current", "problems": []} == answer.json()


async def test_health_names_the_problems_of_the_last_reload(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """The last good desk goes on serving."""
    reception.problems = (Problem("faq/entries/cpr.yaml", 3, "kind", "is missing"),)
    health = (await web.get("/health")).json()

    assert "stale" == health["content"]
    assert ["faq/entries/cpr.yaml:3: kind: is missing"] == health["problems"]
    assert "mosquito" in (await ask(web, "how does malaria spread")).one("article").text


@pytest.mark.parametrize("path", PAGES)
async def test_head_is_answered_without_a_body(web: httpx.AsyncClient, path: str) -> None:
    """Monitors ask so."""
    answer = await web.head(path)
    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])


async def test_start_and_stop_of_the_server_pass_through(reception: Reception) -> None:
    """The layers around the pages touch only HTTP."""
    told = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    said: list[Any] = []

    async def receive() -> dict[str, str]:
        return told.pop(0)

    async def say(message: Any) -> None:
        said.append(message["type"])

    await application(reception)({"type": "lifespan", "state": {}}, receive, say)

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == said


# ---- a cry for help over two messages

FIRST, SECOND = "everyone would be better", "off without me"


async def ask_next(web: httpx.AsyncClient, page: Element, question: str, **more: str) -> Element:
    """Ask as a browser does on a page that answers: its last field of a name goes along."""
    fields = {
        item.attributes["name"]: item.attributes["value"]
        for item in page.all("input")
        if item.attributes.get("form") == page.one("form", "composer").attributes["id"]
    }
    return read(await web.post("/ask", data={**fields, "question": question, **more}))


async def test_a_cry_for_help_over_two_messages_gets_the_card(web: httpx.AsyncClient) -> None:
    """The page brings the first one back; after the card it brings nothing."""
    alone = await ask(web, SECOND)
    card = await ask_next(web, await ask(web, FIRST), SECOND)
    after = await ask_next(web, card, SECOND)

    assert [] == alone.all("article", "emergency")
    assert "glad you said it" in card.one("article", "emergency").text
    assert [] == after.all("article", "emergency")


async def test_people_at_one_address_are_not_joined(
    web: httpx.AsyncClient, reception: Reception
) -> None:
    """An address is no person, so nothing of the page is remembered here."""
    await ask(web, FIRST)
    page = await ask(web, SECOND)

    assert [] == page.all("article", "emergency")
    assert 0 == len(vars(reception)["_window"])


@pytest.mark.parametrize(
    "before",
    [
        "{old} everyone would be better",
        "{late} everyone would be better",
        "everyone would be better",
        "{now} " + "everyone would be better " * 4,
        "{now}",
        "9" * 5000 + " everyone would be better",
        "²1 everyone would be better",
    ],
    ids=["old", "later", "no-time", "long", "nothing", "huge", "odd"],
)
async def test_what_a_page_brings_is_checked(
    web: httpx.AsyncClient, reception: Reception, before: str
) -> None:
    """Two minutes, twelve words; anyone can forge it, and changes only the own reply."""
    now = int(reception.clock().timestamp())
    brought = before.format(now=now, old=now - 125, late=now + 60)
    answer = await web.post("/ask", data={"question": SECOND, "before": brought})

    assert 200 == answer.status_code
    assert [] == read(answer).all("article", "emergency")


async def test_the_message_that_a_page_brings_is_escaped(web: httpx.AsyncClient) -> None:
    """In its field as in the chat."""
    page = await ask(web, 'how does "malaria" <b>spread</b>')
    (field,) = [item for item in page.all("input") if item.attributes["name"] == "before"]

    assert field.attributes["value"].endswith(' how does "malaria" <b>spread</b>')
    assert [] == page.all("b")


async def test_a_part_carries_the_message_into_the_form_of_the_page(
    web: httpx.AsyncClient,
) -> None:
    """The page's script only adds what comes; the field says which form it belongs to."""
    answer = await web.post("/ask", data={"question": FIRST}, headers=PART)
    (field,) = [item for item in read(answer).all("input") if item.attributes["name"] == "before"]

    assert ("before", "ask") == (field.attributes["name"], field.attributes["form"])
