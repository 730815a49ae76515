"""parse_mode becomes text and entities, as a person sees them."""

import pytest
from fakes.bot_api.entities import Text, linked, trimmed, units
from fakes.bot_api.markdown import from_markdown
from fakes.bot_api.markup import from_html
from fakes.bot_api.refusals import RefusalError


def marked(text: Text) -> list[str]:
    """Return each entity as kind and the words that it covers."""
    coded = text.plain.encode("utf-16-le")
    return [
        f"{e['type']}: "
        + coded[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le")
        for e in text.entities
    ]


@pytest.mark.parametrize(
    ("source", "plain", "entities"),
    [
        ("a <b>b</b> &lt;c&gt; &nbsp;", "a b <c> &nbsp;", ["bold: b"]),
        ("🦟🦟<i>मच्छर</i>!", "🦟🦟मच्छर!", ["italic: मच्छर"]),
        ("<b>x<i>y</i></b>", "xy", ["bold: xy", "italic: y"]),
        ("<a href='https://who.int'>WHO</a>", "WHO", ["text_link: WHO"]),
        ("<a href='nonsense'>x</a>", "x", []),
        ("<blockquote expandable>q</blockquote>", "q", ["expandable_blockquote: q"]),
        ('<span class="tg-spoiler">s</span><u></u>', "s", ["spoiler: s"]),
        ("<code>a &amp; b</code>", "a & b", ["code: a & b"]),
    ],
    ids=["bold", "utf-16", "nested", "link", "bad-link", "quote", "spoiler", "code"],
)
def test_html_becomes_text_and_entities(source: str, plain: str, entities: list[str]) -> None:
    """Offsets count UTF-16 units, so emoji before a word shift it by two."""
    text = from_html(source)

    assert text.plain == plain
    assert marked(text) == entities


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("🏟 🏟&lt;<abac>", 'Unsupported start tag "abac" at byte offset 13'),
        ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
        (
            "🏟 🏟&lt;<i>a</em   >",
            'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"',
        ),
        ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
        ("x < y", 'Unsupported start tag "" at byte offset 2'),
        ("x <", "Unclosed start tag at byte offset 2"),
        ("<span>s</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
    ids=["open", "unknown", "stray-end", "crossed", "open-end", "less-than", "cut", "span"],
)
def test_broken_html_is_refused_with_its_byte_offset(source: str, problem: str) -> None:
    """The byte offsets are those of tdlib's own tests (test/message_entities.cpp)."""
    with pytest.raises(RefusalError) as raised:
        from_html(source)

    assert raised.value.description == f"Bad Request: can't parse entities: {problem}"


def test_simple_markdown_becomes_text_and_entities() -> None:
    """The forms that a careful bot would use."""
    text = from_markdown(r"*bold _both_* \(x\.y\) [WHO](https://who.int) `a*b` ||s||")

    assert text.plain == "bold both (x.y) WHO a*b s"
    assert marked(text) == [
        *("bold: bold both", "italic: both", "text_link: WHO", "code: a*b", "spoiler: s")
    ]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("1. wash", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("ab *c", "Can't find end of Bold entity at byte offset 3"),
    ],
    ids=["reserved", "open"],
)
def test_broken_markdown_is_refused(source: str, problem: str) -> None:
    """An unescaped full stop fails the whole message."""
    with pytest.raises(RefusalError) as raised:
        from_markdown(source)

    assert raised.value.description == f"Bad Request: can't parse entities: {problem}"


def test_commands_mentions_and_addresses_are_found() -> None:
    """Without a bot_command entity no command handler fires."""
    text = "/start@bot 5/6 a@b.org @asha_k who.int https://x.org/a_b?c. #dengue /not/path"

    assert marked(linked(Text(text))) == [
        *("bot_command: /start@bot", "email: a@b.org", "mention: @asha_k", "url: who.int"),
        *("url: https://x.org/a_b?c", "hashtag: #dengue"),
    ]


def test_white_space_around_a_text_is_cut_off() -> None:
    """Telegram trims; entities move with the text."""
    text = trimmed(Text("  \n ab  ", [{"type": "bold", "offset": 3, "length": 5}]))

    assert text == Text("ab", [{"type": "bold", "offset": 0, "length": 2}])
    assert units("🦟") == 2
