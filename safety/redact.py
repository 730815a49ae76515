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

MOST_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text that may be written, and the kinds of detail that were taken out of it."""

    text: str
    kinds: frozenset[str]


# Kinds that tell who somebody is; a link or a date alone does not.
IDENTIFYING = frozenset({"email", "handle", "phone", "number", "name", "address"})


def identifying(kinds: frozenset[str]) -> bool:
    """Tell whether what was found says who somebody is."""
    return bool(kinds & IDENTIFYING)


_MONTHS = (
    "jan(?:uary|uari)?|feb(?:ruary|ruari)?|mar(?:ch|et)?|machi|apr(?:il)?|aprili|may|mei|june?|juni|julai|"
    "july?|juli|aug(?:ust)?|agustus|agosti|sept?(?:ember)?|septemba|oct(?:ober)?|oktober|oktoba|nov(?:ember)?|"
    "novemba|dec(?:ember)?|desember|desemba|janwari|janvari|farvari|"
    "जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर|"
    "جنوری|فروری|مارچ|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر"
)
_DIGIT_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|"
    "shunya|sifar|ek|do|teen|tin|char|chaar|paanch|panch|chhe|chhah|che|saat|sat|aath|ath|nau|no|"
    "शून्य|एक|दो|तीन|चार|पांच|छह|छः|छे|सात|आठ|नौ|"
    "صفر|ایک|دو|تین|چار|پانچ|چہ|چھ|سات|اٹہ|آٹہ|آٹھ|نو|"
    "sifuri|moja|mbili|tatu|nne|tano|sita|saba|nane|tisa|"
    "nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
)
_ID_CUES = (
    r"mrn|nhs|ssn|nik|ktp|nida|nin|bvn|kra|pin|nhif|sha|bpjs|cnic|nicop|pan|uhid|abha|opd|ipd|"
    r"aadhaa?r|adhar|passport|paspor(?:t)?|pasipoti|licen[cs]e|policy|account|rekening|akaunti|"
    r"patient|pasien|mgonjwa|mareez|mariz|file|faili|record|rekam medis|case|ward|bed|room|card|"
    r"kartu|kadi|kitambulisho|shanakht[iy](?: card)?|id|i\.d\.|roll|registration|plate|"
    r"आधार|पैन|पासपोर्ट|मरीज|पेशेंट|फाइल|वार्ड|कार्ड|खाता|"
    r"شناختی|کارڈ|پاسپورٹ|مریض|فائل|وارڈ|اکاؤنٹ"
)
_DOT = r"dot|nukta|titik|point|डॉट|बिंदु|ڈاٹ"
_AT = r"at|@|एट|ایٹ|kwenye|di"
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

# Each: kind, pattern, and which group is taken out (0 = all of it).  Earlier ones win.
_PATTERNS: tuple[tuple[str, re.Pattern[str], int], ...] = tuple(
    (kind, re.compile(pattern, flags), group)
    for kind, pattern, group, flags in (
        ("link", r"(?:https?://|www\.|t\.me/|wa\.me/)\S{1,2000}", 0, re.IGNORECASE),
        (
            "email",
            r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\{at\})\s?[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\[dot\]|\{dot\})\s?[\w-]{1,63}){1,4}",
            0,
            re.IGNORECASE,
        ),
        (
            "email",
            rf"[\w.+-]{{1,64}}(?: (?:{_DOT}) [\w-]{{1,63}}){{0,3}} (?:{_AT}) [\w-]{{1,63}}(?: ?(?:{_DOT}|\.) ?[\w-]{{1,63}}){{1,4}}",
            0,
            re.IGNORECASE,
        ),
        ("handle", r"(?<![\w@])@\w{3,64}", 0, re.IGNORECASE),
        (
            "link",
            r"\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}\.(?:com|org|net|info|io|me|co|in|pk|ke|tz|id|uk|us|ng|za|app|dev)\b(?:/\S{0,2000})?",
            0,
            re.IGNORECASE,
        ),
        ("number", r"(?<![\d.])(?<!\d[ –-])(?<!\d [–-] )\b\d{1,3}(?:\.\d{1,3}){3}\b(?![ .–-]{0,3}\d)", 0, 0),
        # Nine digits and more are no date, whatever stands between them.
        ("phone", r"\+?(?:\b[Oo](?=[\d\s-]))?[(\d](?:[\s().\-–—‐_*•·]{0,3}(?:\d|[Oo](?![A-Za-z]))){8,20}", 0, 0),
        ("address", r"-?\d{1,3}\.\d{3,10},\s?-?\d{1,3}\.\d{3,10}", 0, 0),
        ("date", r"\b\d{1,4}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?\d{1,4}\b", 0, 0),
        ("date", rf"\b\d{{1,2}}(?:st|nd|rd|th)?[\s,.-]{{1,3}}(?:{_MONTHS})[\s,.-]{{0,3}}(?:\d{{2,4}})?", 0, re.IGNORECASE),
        ("date", rf"\b(?:{_MONTHS})[\s.]{{1,2}}\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}\b", 0, re.IGNORECASE),
        ("phone", r"\+?(?:\b[Oo](?=[\d\s-]))?[(\d](?:[\s().\-–—‐_*•·]{0,3}(?:\d|[Oo](?![A-Za-z]))){5,20}", 0, 0),
        ("phone", rf"\b(?:{_DIGIT_WORDS})(?:[\s,-]{{1,3}}(?:{_DIGIT_WORDS}|\d)){{5,24}}\b", 0, re.IGNORECASE),
        ("number", r"\b(?=(?:\w{0,20}\d){4})(?=\w{0,20}[A-Za-z])\w{6,24}\b", 0, 0),
        ("number", r"\b\d{6,}\b", 0, 0),
        ("number", r"\b[A-Za-z]{1,6}[-/]\d[\w/-]{3,24}", 0, 0),
        (
            "number",
            (rf"\b(?:{_ID_CUES})\b(?:\s?(?:card|number|num|no|nomor|namba|nambari|nambar|नंबर|نمبر|name|ni|is|hai|है|ہے|yangu|saya|ya|wa|changu)\b\.?|[\s:#.-]){{0,6}}"
            r"([A-Za-z]{0,4}[\s/-]?\d[\w/-]{0,24})"),
            1,
            re.IGNORECASE,
        ),
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


def visible(text: str) -> str:
    """Return the text as a reader sees it, with ASCII digits and single spaces."""
    return reading.normalise(text)


def redact(text: str) -> Redaction:
    """Return the text without personal details, each replaced by its kind in brackets.

    At most `MOST_CHARACTERS` are kept.  `redact(redact(t).text).text == redact(t).text`.
    """
    seen = visible(text[: 4 * MOST_CHARACTERS])[:MOST_CHARACTERS]
    kinds: set[str] = set()
    for kind, pattern, group in _PATTERNS:
        seen, found = _taken(seen, kind, pattern, group)
        if found:
            kinds.add(kind)
    return Redaction(unicodedata.normalize("NFC", " ".join(seen.split())), frozenset(kinds))


def _taken(seen: str, kind: str, pattern: re.Pattern[str], group: int) -> tuple[str, bool]:
    pieces: list[str] = []
    at = 0
    for start, end in _spans(seen, pattern, group):
        pieces += [seen[at:start], f"[{kind}]"]
        at = end
    return "".join([*pieces, seen[at:]]), at > 0


def _spans(seen: str, pattern: re.Pattern[str], group: int) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(seen):
        start, end = match.span(group)
        # Trailing space belongs to the sentence; a mark put in earlier stays whole.
        end = start + len(seen[start:end].rstrip())
        if start < end and "[" not in seen[start:end] and "]" not in seen[start:end]:
            yield start, end


_MASKED = "[…]"
_TOKEN = re.compile(r"\[[a-z…]+\]|[^\s\[\]]+")


def mask(redacted: str, vocabulary: frozenset[str]) -> str:
    """Replace every word that is not in a vocabulary of folded words; marks of `redact` stay."""

    def shown(found: re.Match[str]) -> str:
        token = found.group()
        if token.startswith("["):
            return token
        return token if vocabulary.issuperset(reading.words(token)) else _MASKED

    return re.sub(r"(?:\[…\]\s?)+", f"{_MASKED} ", _TOKEN.sub(shown, redacted)).strip()
