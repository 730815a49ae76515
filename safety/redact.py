"""Take personal details out of a text before it is written anywhere.  Pure.

A second line of defence: what the screen calls personal is never written at all.  Patterns work on
ASCII digits and visible characters, so no script or invisible character hides a number.  Every
repetition is bounded: time grows with the length of the text alone.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import text as reading
from safety.identifiers import AT, DOT, NET, PAPERS, PLACES, SHORT, Pattern, made

MOST_CHARACTERS = 4096
# A detail that was taken out may uncover another one beside it; a second look usually finds none.
MOST_ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text that may be written, and the kinds of detail that were taken out of it."""

    text: str
    kinds: frozenset[str]


# Kinds that tell who somebody is; a link, a date or an age alone does not.
IDENTIFYING = frozenset({"email", "handle", "phone", "number", "name", "address"})


def identifying(kinds: frozenset[str]) -> bool:
    """Tell whether what was found says who somebody is."""
    return bool(kinds & IDENTIFYING)


_MONTHS = (
    "jan(?:uary|uari|vari|wari)?|feb(?:ruary|ruari)?|farvari|mar(?:ch|et)?|machi|maart|apr(?:il)?|aprili|may[iu]?|mei|mai|june?|juni|jun|julai|"
    "july?|juli|jul|aug(?:ust)?|agustus|agosti|agast|agu|sept?(?:ember)?|septemba|sitambar|oct(?:ober)?|oktober|oktoba|aktubar|okt|nov(?:ember)?|"
    "novemba|navambar|dec(?:ember)?|desember|desemba|disambar|des|janwari|janvari|"
    "जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|सितम्बर|अक्टूबर|अक्तूबर|नवंबर|नवम्बर|दिसंबर|दिसम्बर|"
    "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر"
)
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    "(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|twenty.(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty.first"
)
_BORN = (
    r"born|dob|date of birth|birth(?:day|date)?|nilizaliwa|nimezaliwa|alizaliwa|kuzaliwa|lahir|kelahiran|jan(?:a)?m|paida|paidaish|"
    r"जन्म|पैदा|پیدا(?:ئش)?"
)
_STREET_CUES = (
    r"house|room|kamra|chumba|kamar|colony|nagar|plaza|ghorofa|flat|apartment|apt|plot|block|sector|street|st|road|rd|lane|avenue|ave|drive|close|"
    r"p\.?o\.? ?box|makaa?n|gali|mohall?a|ghar|nyumba|mtaa|barabara|plot|kijiji|sanduku(?: la posta)?|s\.?l\.?p|"
    r"jl|jln|jalan|gang|gg|rt|rw|blok|perumahan|desa|kelurahan|dusun|kampung|"
    r"मकान|कमरा|नगर|कॉलोनी|गली|मोहल्ला|सेक्टर|प्लॉट|फ्लैट|ब्लॉक|सड़क|"
    r"مکان|کمرہ|پلازہ|کالونی|نگر|گلی|محلہ|سیکٹر|پلاٹ|فلیٹ|بلاک|سڑک"
)
_WORD = r"[^\W\d_][^\W_]*(?:[\u0900-\u094f\u064b-\u065f][^\W_]*){0,12}"
_CAPITAL = r"[A-Z][\w'’-]{1,30}"
_CAPITALS = rf"{_CAPITAL}(?:\s+{_CAPITAL}){{0,3}}"
_KIN = (
    r"mother|father|mum|mom|mama|dad|wife|husband|son|daughter|brother|sister|baby|child|friend|uncle|aunt|"
    r"aunty|grandmother|grandfather|neighbou?r|nurse|maa|amma|ammi|abbu|papa|pitaji|bhai|behan|bahan|"
    r"beta|beti|bete|bachc?he|bachc?ha|pati|patni|biwi|bivi|shohar|shauhar|dost|mama yangu|baba yangu|"
    r"(?:mama|baba|mume|mke|mtoto|kaka|dada|binti|mwanangu|rafiki|jirani|bibi|babu) (?:yangu|wangu|langu)|"
    r"(?:ibu|bapak|ayah|suami|istri|anak|adik|kakak|teman|nenek|kakek|tetangga)(?: saya|ku)?"
)

# "10 may help" is no day; with a year, an ordinal or a capital it is.
_NO_DAY = re.compile(r"\d{1,2}[\s,.-]{1,3}(?:may|mar|mai|jun|jul|des)")


_DATES = (
    made("date", r"(?<![\d/.-])\d{1,4}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{1,4}(?![\d/-])(?!\.\d)", needs="0", unless=re.compile(r"\d-\d-\d")),
    made("date", rf"\b\d{{1,2}}(?:st|nd|rd|th)?[\s,.-]{{1,3}}(?:of )?(?:{_MONTHS})(?!\w)(?:[\s,.-]{{1,3}}(?:\d{{4}}|\d\d)(?!\d))?", needs="0", unless=_NO_DAY),
    made("date", rf"\b(?:{_MONTHS})[\s.]{{1,2}}\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}\b", needs="0"),
    made("date", rf"\b(?:{_ORDINALS})(?: of)? (?:{_MONTHS})(?!\w)(?:\s\d{{4}}\b)?"),
    made("date", rf"(?<![^\W_])(?:{_BORN})(?!\w)[^\d.!?।۔]{{0,20}}((?:19|20)\d\d)(?!\d)", 1, needs="0"),
)  # fmt: skip
_YEARS = r"(?:[\s-]?(?:years?|yrs?|yr|y/?o|saal|sal|baras|tahun|thn|th|साल|वर्ष|बरस|سال|برس|months?|mahine|mahina|bulan|bln|miezi|महीने|مہینے|ماہ))"
_AGED = (
    rf"(?:(?:aged|age|umri wa|miaka|umur|umurnya|usia|usianya|berusia|berumur|miezi)\s)?"
    rf"(?:\d{{1,3}}|ek|do|teen|char|paanch){_YEARS}{{1,2}}(?:\s(?:aur\s|and\s)?\d{{1,2}}{_YEARS})?(?:[\s-]old)?(?![^\W_])|"
    r"(?:aged|miaka|umur|usia|berusia|berumur)\s\d{1,3}(?!\d)"
)
_OWN = r"my|our|his|her|meri|mera|mere|hamar[aie]|uski|uska|मेरी|मेरा|मेरे|हमारी|हमारे|میری|میرا|میرے|ہماری|ہمارے"
_NOT_YEARS = r"(?![./,:-]?\d|[%°/]|\s?(?:weeks?|months?|days?|hours?|hrs?|min|times?|kgs?|cm|mg|ml|feet|percent|%|mahine|hafte|din|bulan|minggu|hari)(?![^\W_]))"
# How old somebody in particular is; "children of 5 years" are nobody's.
_AGES = (
    made("age", rf"(?<![^\W_])(?:{_OWN})\s(?:[^\s,\d]{{1,20}}[\s,]{{1,2}}){{1,4}}?({_AGED})", 1, needs="0"),
    made("age", rf"(?<![^\W_])(?:{_OWN})\s(?:\w{{1,20}}\s){{0,2}}\w{{1,20}},\s?(\d{{1,3}})(?=,)", 1, needs="0"),
    made("age", r"\b(?:\w{2,12}\s(?:saya|kami|aku)|\w{2,10}ku)\s(?:\w{1,12}\s)??((?:umur|usia|berusia|berumur)\s\d{1,3}(?:\s?(?:tahun|thn))?|\d{1,3}\s?(?:tahun|thn))\b", 1, needs="0"),
    made("age", rf"(?:\b(?:I am|I'm|im|i m)|(?:^|[.!?।۔,]\s?)(?:main|mai|मैं|میں)(?=\s\d{{1,3}}\s?(?:saal|sal|baras|साल|वर्ष|سال|برس)))\s(\d{{1,3}}(?:[\s-]?(?:years?|yrs?|y/?o|saal|sal|baras|साल|वर्ष|बरस|سال|برس)(?:[\s-]old)?)?)(?![^\W_]){_NOT_YEARS}", 1, needs="0"),
    made("age", r"\b(?:(?:mwenye|nina|ana|ninayo|anayo)\s(?:umri wa\s)?)(miaka \d{1,3})", 1, needs="0"),
    made("age", r"\b(?:saya|aku|gue|gw|dia|beliau)\s((?:berusia|berumur|umur|usia)?\s?\d{1,3}\s(?:tahun|thn|th)\b)", 1, needs="0"),
    made("age", r"(?<![^\W_])(?:(?:meri|mera|my|uski|iski)\s)?(?:age|umar|umr|umer|उम्र|आयु|عمر)(?:\s(?:is|hai|है|ہے)|[\s:=]){1,2}(\d{1,3})(?![^\W_])", 1, needs="0"),
    made("age", r"\b\d{1,3}\s?(?:y/?o|yrs?|years?(?:[\s-]old)?)\s?(?:male|female|man|woman|girl|boy|lady|guy|[mf])\b|\b\d{1,2}\s?y/?o\b", needs="0"),
    # Under 80, or it is a fever in Fahrenheit.
    made("age", r"(?<![\d.])\b[1-7]?\d\s?/?[MF]\b|\b[MF]\s?/?[1-7]\d\b(?![\d.])", flags=0, needs="0"),
)  # fmt: skip
_WORDED = tuple(
    made(kind, pattern, group, flags=flags)
    for kind, pattern, group, flags in (
        (
            "address",
            rf"\b(?:{_STREET_CUES})\b\.?\s{{0,2}}(?:(?:no|number|nomor|nambari|namba|#|नंबर|نمبر)\.?\s{{0,2}})?\w{{0,20}}\s?[\d][\w/-]{{0,8}}(?:[\s,،]{{1,3}}[^\s,،.।۔?؟!]{{1,30}}){{0,6}}",
            0,
            re.IGNORECASE,
        ),
        (
            "address",
            r"\b(?:jl|jln|jalan|gang|gg)\b\.?\s{0,2}(?:[^\s,\d]{1,20}[\s.]{1,2}){1,4}?\d[\w/-]{0,8}(?:[\s,]{1,3}[^\s,.?!]{1,30}){0,6}",
            0,
            re.IGNORECASE,
        ),
        (
            "address",
            rf"\b\d{{1,5}}[\w/-]{{0,4}},?\s(?:[\w'.-]{{2,30}}\s){{1,3}}(?:street|st|road|rd|lane|avenue|ave|drive|close|crescent|way)\b\.?(?:,?\s{_CAPITAL}){{0,3}}",
            0,
            re.IGNORECASE,
        ),
        (
            "address",
            rf"\b\d{{1,5}}[\w/-]{{0,4}}[,،]?\s(?:[^\s,،\d]{{1,20}}[,،]?\s){{0,3}}(?:{_STREET_CUES})\b(?:[\s,،]{{1,3}}[^\s,،.।۔?؟!]{{1,30}}){{0,4}}",
            0,
            re.IGNORECASE,
        ),
        (
            "address",
            r"(?:\bi live (?:in|at|on|near)|\bmy address is|\bninaishi|\bnaishi|\b(?:saya )?tinggal di|\balamat saya(?: di)?|\banwani yangu ni)\s((?:[^\s,.?!]{1,30}[\s,]{0,2}){1,5})",
            1,
            re.IGNORECASE,
        ),
        (
            "address",
            r"\b(?:main|mai|mein|hum)\s((?:\w{1,30}[\s,]{1,2}){1,5}?)(?:me|mein|mai|may)\s(?:rehta|rehti|rahta|rahti|rehte|rahte)\b",
            1,
            re.IGNORECASE,
        ),
        ("address", r"(?:मैं|हम)\s((?:[^\s।?!]{1,30}\s){1,5}?)(?:में|मे)\s(?:रहता|रहती|रहते)", 1, 0),
        ("address", r"(?:میں|ہم)\s((?:[^\s۔؟!]{1,30}\s){1,5}?)میں\s(?:رہتا|رہتی|رہتے)", 1, 0),
        ("name", rf"\b(?:my name is|my name's|name\s?[:=]|call me|i am called|this is|regards,?|yours,?)\s({_WORD}(?:\s{_CAPITAL}){{0,3}})", 1, re.IGNORECASE),
        ("name", rf"\b(?:I am|I'm|i am|i'm|Im|im|I’m)\s({_CAPITALS})", 1, 0),
        ("name", rf"\b(?:naitwa|ninaitwa|anaitwa|jina langu(?: ni)?+|jina lake(?: ni)?+|jina\s?:)\s({_WORD}(?:\s{_CAPITAL}){{0,3}})", 1, re.IGNORECASE),
        ("name", rf"\b(?:nama (?:saya|aku|anak saya|ibu saya|ayah saya|dia)(?: adalah)?+|nama\s?:|namaku|saya bernama|perkenalkan,? saya)\s({_WORD}(?:\s{_CAPITAL}){{0,3}})", 1, re.IGNORECASE),
        ("name", rf"\b(?:mera|mere|meri|hamara|uska|unka|iska) (?:naam|nam)\s((?:{_WORD}\s){{1,3}}?)(?=hai\b|he\b|h\b|,|$)", 1, re.IGNORECASE),
        ("name", rf"\b(?:mera|mere|meri|hamara|uska|unka|iska) (?:naam|nam)\s({_WORD}(?:\s{_CAPITAL}){{0,2}})", 1, re.IGNORECASE),
        ("name", r"(?:नाम|नाम:)\s((?:[^\s,।?!]{1,30}\s){1,3}?)(?=है|हैं|,)", 1, 0),
        ("name", r"(?:نام|نام:)\s((?:[^\s،۔؟!]{1,30}\s){1,3}?)(?=ہے|ہیں|،)", 1, 0),
        ("name", rf"\b(?:[Dd]r|[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Pp]rof|[Dd]octor|[Ss]ister|[Nn]urse|[Dd]okter|[Dd]aktari|Pak|Bu|Bapak|Ibu|Mas|Mbak|Bang|Bw|Bi|Bwana|Mzee|Shri|Shree|Smt|Sri|Haji|Hajah|Sheikh|Ustadz?|Begum)\b\.?\s({_CAPITALS})", 1, 0),
        ("name", r"(?:डॉक्टर|ڈاکٹر)\s([^\s,،।۔?؟!]{2,30})(?=\s(?:साहब|जी|صاحب|صاحبہ))", 1, 0),
        ("name", r"(?:मैं|मै)\s((?:[^\s,।?!]{2,30}\s){1,3}?)(?:बोल रह|हूं|हूँ)", 1, 0),
        ("name", r"میں\s((?:[^\s،۔؟!]{2,30}\s){1,3}?)(?:بول رہ|ہوں)", 1, 0),
        ("name", rf"\b(?:main|mai|mein)\s((?:{_WORD}\s){{1,3}}?)(?:bol rah|baat kar rah)", 1, re.IGNORECASE),
        ("name", r"(?:डॉ\.|श्रीमती|कुमारी)\s((?:[^\s,।?!]{2,30}\s?){1,2})", 1, 0),
        ("name", r"(?:جناب|محترمہ|بیگم)\s((?:[^\s،۔؟!]{2,30}\s?){1,2})", 1, 0),
        ("name", rf"\b(?i:{_KIN}),?\s({_CAPITALS})", 1, 0),
        ("name", r"(?:मां|माता|पिता|पिताजी|पापा|मम्मी|भाई|बहन|बेटा|बेटी|पति|पत्नी|दोस्त)\s((?:[^\s,।?!]{2,30}\s)?[^\s,।?!]{2,30}\s?(?:देवी|कुमार|कुमारी|सिंह|शर्मा|वर्मा|यादव|खान|बीबी|लाल|राम))", 1, 0),
        ("name", r"(?:امی|والدہ|ابو|والد|بہائی|بھائی|بہن|بیٹا|بیٹی|شوہر|بیوی|دوست)\s((?:[^\s،۔؟!]{2,30}\s)?[^\s،۔؟!]{2,30}\s?(?:بی بی|بیگم|خان|احمد|علی|حسین|خاتون|اقبال|محمد))", 1, 0),
        ("name", rf"\b{_WORD}\s(?:s/o|d/o|w/o|bin|binti|ibn)\s{_WORD}(?:\s{_CAPITAL}){{0,2}}", 0, re.IGNORECASE),
        ("name", rf"(?<=[a-z,;:]\s){_CAPITAL}\s{_CAPITALS}", 0, 0),
    )
)  # fmt: skip
_PATTERNS = (*NET, *PLACES, *PAPERS, *_DATES, *_AGES, *SHORT, *_WORDED)
# As people hide an address from machines: asha [at] example (dot) org.
_BRACKETED = re.compile(rf"\s?[\[({{]\s?({AT}|{DOT})\s?[\])}}]\s?", re.IGNORECASE)


def visible(text: str) -> str:
    """Return the text as a reader sees it, with ASCII digits and single spaces."""
    return reading.normalise(text)


def redact(text: str) -> Redaction:
    """Return the text without personal details, each replaced by its kind in brackets.

    At most `MOST_CHARACTERS` are kept.  `redact(redact(t).text).text == redact(t).text`.
    """
    kinds: set[str] = set()
    seen = visible(text[: 4 * MOST_CHARACTERS])
    for _ in range(MOST_ROUNDS):
        before = seen = visible(seen)[:MOST_CHARACTERS]
        seen = _once(seen, kinds)
        if seen == before:
            return Redaction(seen, frozenset(kinds))
    return Redaction("", frozenset(kinds))  # made to trouble us: nobody's question


def _once(seen: str, kinds: set[str]) -> str:
    """Take out of a visible text what each pattern finds; add its kind."""
    seen = _BRACKETED.sub(r" \1 ", seen)
    signs = {sign: sign in seen for sign in "@./"} | {"": True, "0": any(map(str.isdecimal, seen))}
    for pattern in _PATTERNS:
        if signs[pattern.needs]:
            seen, found = _taken(seen, pattern)
            if found:
                kinds.add(pattern.kind)
    return unicodedata.normalize("NFC", " ".join(seen.split()))


def _taken(seen: str, pattern: Pattern) -> tuple[str, bool]:
    pieces: list[str] = []
    at = 0
    for start, end in _spans(seen, pattern):
        pieces += [seen[at:start], f"[{pattern.kind}]"]
        at = end
    return "".join([*pieces, seen[at:]]), at > 0


def _spans(seen: str, pattern: Pattern) -> Iterator[tuple[int, int]]:
    for match in pattern.regex.finditer(seen):
        start, end = match.span(pattern.group)
        # Trailing space belongs to the sentence; a mark put in earlier stays whole.
        end = start + len(seen[start:end].rstrip())
        taken = seen[start:end]
        seeming = pattern.unless and pattern.unless.fullmatch(taken)
        if taken and not seeming and "[" not in taken and "]" not in taken:
            yield start, end
