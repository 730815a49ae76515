"""Numbers, papers, accounts, addresses of the net: what a machine could look a person up by.  Pure.

Written from the formats of IN, PK, KE, TZ, ID, GB, US, NG and ZA.  Every repetition is bounded.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one kind of detail looks like.

    Attributes:
        kind: What it is replaced by.
        regex: Where it stands.
        group: Which group of it is taken out; 0 is all of it.
        needs: A sign without which it cannot be there: "0" for any digit, "@"; empty for none.
        unless: What only seems to be one, as a whole: readings, doses, years.
    """

    kind: str
    regex: re.Pattern[str]
    group: int = 0
    needs: str = ""
    unless: re.Pattern[str] | None = None


_UNIT = (
    r"(?:mg|mcg|µg|μg|ug|gms?|g|grams?|kg|ml|dl|l|lit(?:er|re)s?|iu|units?|mmol|mmhg|bpm|k?cal(?:ories)?|kkal|kalori|"
    r"cm|mm|km|m|ft|hz|ppm|%|rs|rupees?|rupiah|shillings?|naira|rand|usd|days?|hours?|hrs?|min(?:ute)?s?|weeks?|months?|years?|"
    r"people|cases|deaths|steps|watts?|degrees?|°[cf]?|din|saal|tahun|hari|jam|orang|watu|miaka|siku|langkah|एमजी|दिन|साल|लोग|دن|سال|لوگ)"
)
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
# "100-150", "160/100 mmHg", "38.5 39.2", "1500mg/5ml", "2019-2021", "covid-2019": no identifiers.
_READING = re.compile(
    rf"\d{{1,3}}[\s–-]{{1,3}}\d{{1,3}}|\d{{1,3}}\.\d(?:[\s–-]{{1,3}}\d{{1,3}}\.\d){{0,2}}|"
    rf"(?:19|20)\d\d[\s–-]{{1,3}}(?:19|20)\d\d|[^\W\d_]{{2,12}}[-/](?:19|20)\d\d|(?:19|20)\d\d[-/][^\W\d_]{{2,12}}|"
    rf"{_NUMBER}(?:[-/–x]{_NUMBER})?{_UNIT}(?:[-/–](?:{_NUMBER})?{_UNIT})?",
    re.IGNORECASE,
)

DIGIT_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|ten|eleven|twelve|"
    "(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|"
    "shunya|sifar|zeero|jeero|dabal|ek|do|teen|tin|char|chaar|paanch|panch|chhe|chhah|che|saat|sat|sath|aath|ath|nau|no|"
    "शून्य|जीरो|डबल|ट्रिपल|एक|दो|तीन|चार|पांच|पाच|छह|छः|छे|सात|आठ|नौ|"
    "صفر|زیرو|ڈبل|ٹرپل|ایک|دو|تین|چار|پانچ|چہ|چھ|چھے|سات|اٹہ|آٹہ|آٹھ|نو|"
    "sifuri|moja|mbili|tatu|nne|tano|sita|saba|nane|tisa|"
    "nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
)
# A letter typed for a digit stands beside one: "O7OO", "08l2", "OOO".
_LIKE = (
    r"[OoIl|](?=[\dOoIl|]{0,12}(?![A-Za-z]))(?:(?<=[\dOoIl|][OoIl|])|(?=[\dOoIl|]))|[SE](?=\d\d)"
)
_BETWEEN = r"[\s().\-–—‐_*•·]{0,3}"
_BEGUN = (
    r"(?<![A-Za-z]-)(?<!\d)(?<!\d\.)\+?[OoIl|]{0,2}[(\d]"
    rf"(?:{_BETWEEN}(?:\d|{_LIKE}))"
)
_PREFIX = r"(?:(?<![^\W_])[A-Z]{1,3}[\s-]?)?"
# No number begins in a word's last digits ("covid19 2020 2021"), unless there are many of them.
_APART = r"(?<![^\W\d_]{3})"
_RUN = rf"{_PREFIX}{_APART}{_BEGUN}"
_MOST = 4096  # as long as a text is: what was left of a longer row could be too short to be seen
_FILLERS = (
    r"(?:\s?(?:card|number|num|no|nomor|namba|nambari|nambar|नंबर|نمبر|code|name|ni|is|was|hai|है|ہے|yangu|saya|ya|wa|changu|"
    r"langu|ka|ki|ends?|in|with|my|siri)(?![^\W_])\.?|[\s:#=.-]){0,6}"
)
# After these any number is one of a paper; after the others one of two digits or more.
_STRONG = (
    r"mrn?|nhs|ssn|social(?: security)?|nino?|national insurance|nik|ktp|kk|npwp|nida|tin|ntn|bvn|pvc|kra|nhif|nhis|bpjs|cnic|nicop|b-form|"
    r"uhid|abha|opd|ipd|chi|cvv|otp|gst(?:in)?|ifsc|sassa|medicare|medicaid|paybill|"
    r"aadhaa?r|adhaa?r|passport|paspor(?:t)?|pasipoti|licen[cs]e|leseni|rekening|norek|rek|akaunti|acct|a/c|iban|swift|"
    r"pasien|mgonjwa|mareez|mariz|faili|rekam medis|kartu|kadi|kitambulisho|shanakht[iy]|"
    r"आधार|पैन|पासपोर्ट|मरीज|पेशेंट|फाइल|खाता|شناختی|پاسپورٹ|مریض|فائل|اکاؤنٹ"
)
_WEAK = (
    r"sha|pin|pan|policy|account|patient|file|record|chart|case|ward|bed|room|card|id|i\.d\.|roll|reg(?:istration)?|"
    r"plate?|member|permit|certificate|cert|sort code|medical aid|voter(?: id)?|epic|zip|namba ya siri|gmail|mail id|वार्ड|कार्ड|पिन|وارڈ|کارڈ|پن"
)
_TOKENS = r"(?:\d(?:[\s/.-]{0,2}\d){8,24}(?![\s/.-]{0,2}\d)|[A-Za-z]{0,4}[\s/-]?\d[\w/-]{0,24}(?:[\s-]{1,3}(?=[A-Za-z]{0,6}\d)[A-Za-z0-9/-]{2,20}){0,6}(?:\s[A-D](?!\w))?)"
DOT = r"dot|nukta|titik|point|डॉट|बिंदु|ڈاٹ"
AT = r"at(?: the rate(?: of)?)?|@|एट(?: द रेट)?|ایٹ(?: دی ریٹ)?|kwenye|di"
_NET = r"[^\s@.,;:!?()\[\]<>«»\"'/]{1,63}"
_SOCIAL = (
    r"insta(?:gram)?|ig|snap(?:chat)?|fb|facebook|tik ?tok|twitter|telegram|tg|discord|linkedin|youtube|gmail|yahoo|"
    r"इंस्टा(?:ग्राम)?|फेसबुक|انسٹا(?:گرام)?|فیس بک"
)
_CODED = r"[23456789CFGHJMPQRVWX]"
_DEGREES = r"[-–]?\d{1,3}[.,]\d{2,10}"
_SIGN = r"(?:\s?°)?(?:\s?[NSEWnsew](?![^\W_]))"


def made(  # noqa: PLR0913 - the fields of a pattern
    kind: str,
    regex: str,
    group: int = 0,
    *,
    needs: str = "",
    flags: int = re.IGNORECASE,
    unless: re.Pattern[str] | None = None,
) -> Pattern:
    """Return a pattern; by default case does not matter."""
    return Pattern(kind, re.compile(regex, flags), group, needs, unless)


# Earlier ones win: what holds others inside stands first.
NET = (
    made("link", r"(?:https?://|www\.|t\.me/|wa\.me/|x\.com/|geo:)\S{1,2000}"),
    made("address", r"(?<!\S)///[^\s.]{1,30}(?:\.[^\s.]{1,30}){2}", needs="/"),
    made("email", rf"[^\s@,;:()\[\]<>]{{1,64}}\s?@{{1,3}}\s?{_NET}(?:(?:\s?\.\s?|\s(?:{DOT})\s){_NET}){{1,4}}", needs="@"),
    made("email", rf"[\w.+-]{{1,64}}(?: (?:{DOT}) [\w-]{{1,63}}){{0,3}} (?:{AT}) [\w-]{{1,63}}(?:(?: (?:{DOT}) |\.)[\w-]{{1,63}}){{1,4}}"),
    # An address for payments: name@bank.
    made("handle", r"[^\s@,;:()\[\]<>]{2,64}@[A-Za-z]{2,20}(?!\w)", needs="@"),
    made("handle", r"(?<![\w@])@(?:\w[\w.]{2,63}|\s[\w.]{0,40}[_\d][\w.]{0,40})(?<!\.)", needs="@"),
    made("handle", rf"(?<![^\W_])(?:{_SOCIAL})(?:\s(?:id|is|handle|username|name|user|hai|ni|yangu|saya|me|my|par)|[\s:=-]){{1,5}}((?=[^\s_.]{{0,40}}(?:[_\d]|\.[^\W_]))[^\s,;]{{3,60}})", 1),
    made("handle", r"\b\w{2,32}#\d{4}\b", needs="0"),
    made(
        "link",
        r"\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,3}\.(?:com|org|net|info|io|me|co|in|pk|ke|tz|id|uk|us|ng|za|gl|app|dev)\b(?:/\S{0,2000})?",
        needs=".",
    ),
)  # fmt: skip
PLACES = (
    made("address", rf"(?<![A-Z\d])(?:{_CODED}{{4}}|{_CODED}{{6}}|{_CODED}{{8}})\+{_CODED}{{2,3}}\b", flags=0, needs="0"),
    made("address", rf"{_DEGREES}{_SIGN}[,;\s]{{1,3}}{_DEGREES}{_SIGN}", needs="0"),
    made("address", rf"\b[NSEW]\s?{_DEGREES}[,;\s]{{1,3}}[NSEW]\s?{_DEGREES}", flags=0, needs="0"),
    made("address", r"[-–]?\d{1,3}\.\d{3,10}\s?°?\s?[,;]\s?[-–]?\d{1,3}\.\d{3,10}|[-–]?\d{1,3},\d{4,10}[,;]\s?[-–]?\d{1,3},\d{4,10}", needs="0"),
    made("address", r"\d{1,3}\s?°\s?\d{1,2}\s?['′](?:\s?\d{1,2}(?:\.\d{1,4})?\s?[\"″'′]{1,2})?\s?[NSEW][\s,;]{0,3}(?:\d{1,3}\s?°\s?\d{1,2}\s?['′](?:\s?\d{1,2}(?:\.\d{1,4})?\s?[\"″'′]{1,2})?\s?[NSEW])?", needs="0"),
    made("address", r"\b(?:lat(?:itude)?|long?(?:itude)?|lng|lintang|bujur)\b[\s:=]{0,3}([-–]?\d{1,3}[.,]\d{2,10})", 1, needs="0"),
    # A British post code, not "B12 5MG".
    made("address", r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d(?!MG|ML|IU|KG|CM)[A-Z]{2}\b", flags=0, needs="0"),
)  # fmt: skip
PAPERS = (
    made("number", r"(?<![\d.])(?<!\d[ –-])(?<!\d [–-] )\b\d{1,3}(?:\.\d{1,3}){3}\b(?![ .–-]{0,3}\d)", needs="0"),
    made("number", r"\b[A-Z]{2}\d{2}(?:[\s-]?[A-Z\d]{4}){2,7}(?:[\s-]?[A-Z\d]{1,4})?\b(?!-)", flags=0, needs="0"),
    made("number", r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b", needs="0"),
    # Number plates, as each country cuts them.
    made("number", r"\b[A-Z]{2}[\s-]?\d{1,2}[\s-]?[A-Z]{1,3}[\s-]?\d{4}\b", flags=0, needs="0"),
    made("number", r"\bK[A-Z]{2,3}\s?\d{3}[A-Z]\b|\b(?:T|MC)\s?\d{3}\s?[A-Z]{3}\b", flags=0, needs="0"),
    made("number", r"\b[A-Z]{1,2}\s\d{3,4}\s(?!MG|ML|IU|KG|CM|MCG)[A-Z]{2,3}\b|\b[A-Z]{2}\d{2}\s?[A-Z]{3}\b", flags=0, needs="0"),
    made("number", r"\b(?!LDL|HDL|TSH|BMI|INR|ESR|CRP|ALT|AST)[A-Z]{3}[\s-]?\d{3}[\s-]?(?!MG|ML|IU|KG|CM)[A-Z]{2}\b", flags=0, needs="0"),
    made("number", r"\b[A-Z]{2}\s\d{2}\s[A-Z]{2}\s[A-Z]{2}\b|\b[A-Z]{2,3}[\s-]\d{3}[\s-](?:\d{3}|GP|MP|NW|FS|EC|NC|ZN)\b(?![\s-]?\d)|\b[A-Z]{3}[\s-]\d{2}[\s-]\d{4}\b", flags=0, needs="0"),
    made("number", r"\b(?:plate?|reg|gaa?ri|gaadi)\b(?:\s(?:no|number|nomor|namba|ka|ki|ya|is)\b|[\s:]){1,4}([A-Za-z]{1,4}[\s-]?\d{3,4}(?:[\s-]?[A-Za-z]{1,3})?)\b", 1, needs="0"),
    # A code of the telephone's money: ten capitals and digits.
    made("number", r"\b(?=[A-Z]{0,9}\d)(?=(?:\d{0,9}[A-Z]){2})[A-Z\d]{10}\b", flags=0, needs="0"),
    made("number", r"\b(?=[A-Za-z]{0,60}\d)[A-Za-z\d]{20,90}\b", needs="0"),
    made("phone", r"\b[OoIl|]\d{8,12}\b", flags=0, needs="0"),
    # Run into a word: "call98765 43210".  By what follows, the word alone would seem to be a paper.
    made(
        "phone",
        rf"(?:(?<![^\W_])[A-Z]{{1,8}}|(?<=[^\W\d_]))(?=\d{{3,8}}[\s().–—‐*•·])\d(?:{_BETWEEN}\d){{8,{_MOST}}}",
        flags=0,
        needs="0",
    ),
    made(
        "number",
        r"(?<![\w@.-])(?=[\d/-]{0,40}[A-Za-z])(?=(?:[A-Za-z_/-]{0,20}\d){4})(?=[\w/-]{6})\w{1,24}(?:[-/]\w{1,24}){0,6}(?!\w)",
        unless=_READING,
        needs="0",
    ),
    made("number", rf"\b(?:{_STRONG})(?![^\W_]){_FILLERS}({_TOKENS})", 1, needs="0"),
    made("number", rf"\b(?:{_WEAK})(?![^\W_]){_FILLERS}((?=[^\d\s]{{0,8}}[\s/-]?\d[\s/-]?[^\W_]{{0,3}}\d){_TOKENS})", 1, needs="0"),
    # Nine digits and more are no date, whatever stands between them; they may be several numbers.
    made("phone", rf"{_PREFIX}(?:{_APART}|(?=\d{{4}})){_BEGUN}{{8,{_MOST}}}", flags=0, unless=_READING, needs="0"),
    made("phone", r"\b\d{5}/\d{5}\b|\b\d{3,4}/\d{3}[\s-]\d{4}\b", needs="0"),
)  # fmt: skip
# After dates, which fewer digits may be.
SHORT = (
    made("phone", rf"{_RUN}{{5,7}}(?![\s.-]?\d)(?!\s?{_UNIT}(?![^\W\d_]))", flags=0, unless=_READING, needs="0"),
    made("phone", rf"(?<![^\W_])(?:{DIGIT_WORDS})(?:[\s,-]{{1,3}}(?:{DIGIT_WORDS}|\d)){{5,{_MOST}}}(?![^\W_])"),
    made(
        "phone",
        rf"\b(?:pin|otp|password|code|namba ya siri|number|nambar|nomor)\b(?:\s(?:is|ni|hai|no)\b|[\s:]){{1,3}}((?:{DIGIT_WORDS})(?:[\s,-]{{1,3}}(?:{DIGIT_WORDS})){{3,24}})(?![^\W_])",
        1,
    ),
    made("number", rf"(?<!\d)\d{{6,}}(?!\d|{_UNIT}(?![^\W\d_]))", unless=re.compile(r"\d{1,2}0{5,8}"), needs="0"),
    made("number", r"\b[A-Za-z]{1,6}[-/]\d[\w/-]{3,24}", unless=_READING, needs="0"),
)  # fmt: skip
