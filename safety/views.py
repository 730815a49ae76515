"""The cleaned views of a message that rules look at.  For detection only: never shown or stored."""

import re
import unicodedata

import text as reading

# Letters of other scripts that look like Latin ones; the usual disguises, by eye.
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ьb кk вb мm нh тt гr αa εe ρp τt υu νv ιi οo κk "
    "χx βb ηn ωw ɑa ɡg ɩi ʏy ɴn ʀr ʙb ʜh ʟl ᴀa ᴄc ᴅd ᴇe ɢg ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ꜰf "
    "ɪi ıi łl øo ðd пn ѵv ѡw γy үy ɣy σo ӏl ҽe ƅb ƽs ʋu ɯw զq գq ցg հh ոn ռn օo սu աw"
)
_LOOKALIKES = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
# Letters in boxes that Unicode does not count as letters: white on black, and those of flags.
_BOXED = {
    start + number: chr(ord("a") + number)
    for start in (0x1F150, 0x1F170, 0x1F1E6)
    for number in range(26)
}
# "1" and "|" are written for both i and l, so there are two readings.
_LEET = tuple(str.maketrans("0345789@$!+1|", f"oeastbgasit{both}") for both in ("il", "li"))
_SIGNS = frozenset("0134578@$!|+")
_SEPARATORS = ".-_*·•,;:!?।۔،؟"
MOST_DISGUISED = 40  # letters of a word that can be a disguise; longer ones are no words
SHORTER = 0.9  # of its length is left of a message whose letters stood apart, at most
_TURNING = "\u202e\u202d\u2067"
FEWEST_APART = 4  # single letters in a row that can be a word
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,20}")
_RUNS = re.compile(r"([^\W\d_])\1+")
# Vowel signs of Devanagari and marks of Arabic letters; no letters to `re`.
_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0955-\u0957"
_INSIDE = re.compile(rf"(?<=[^\W\d_]|[{_MARKS}])[.\-_*·•]+(?=[^\W\d_]|[{_MARKS}])")
# What the eye takes for one letter; a virama joins two.
_LETTER = re.compile(rf"[^\W\d_](?:[{_MARKS}]|(?<=\u094d)[^\W\d_])*")
_TOKEN = re.compile(r"(\s*)(\S+)")
_WIDE = re.compile(r"\s{2}")

# Romanised Hindi and Urdu have no fixed spelling; these pairs are written for each other.
_ROMAN = (
    ("chh", "ch"),
    ("ee", "i"),
    ("oo", "u"),
    ("aa", "a"),
    ("ai", "e"),
    ("ay", "e"),
    ("ei", "e"),
    ("ey", "e"),
    ("au", "o"),
    ("ou", "o"),
    ("kh", "k"),
    ("gh", "g"),
    ("th", "t"),
    ("dh", "d"),
    ("bh", "b"),
    ("ph", "f"),
    ("sh", "s"),
    ("ck", "k"),
    ("q", "k"),
    ("w", "v"),
    ("z", "j"),
    ("x", "ks"),
)


# Little words that tell which language a message in Latin letters is in.  Words that two of the
# languages share ("me", "to", "in", "main") are in none of the lists.
_TELLTALES = {
    "en": "the do to on any only work is are be a an or was what how why when where who my i "
    "have has had and of you your it for with if should not he she they does did can "
    "could will would this that from about there been im dont cant",
    "hi": "hai hain hain hay ka ki ke ko se kya kia mein nahi nahin nai kare karen karein karna "
    "kaise kese kaisa mera meri mere mujhe mujhko aur hoon hun tha thi raha rahi rahe "
    "gaya gayi gai par toh koi kis kyu kyun kyon chahiye chahie wo woh uska uski unka "
    "unki usko apne apna hum humein abhi ab bhi bahut bohat bahot kitna kitni kitne kab "
    "kaun kon jab agar lekin magar liye wala wali diya liya jaye jaaye kar ho hua hui",
    "sw": "ni na ya wa kwa za la cha mtu nini gani vipi je au lakini sana yangu wangu mimi ana "
    "nina hana sina wana kama hii huu hiyo huyo nifanye afanye kuna hakuna mtoto mama "
    "baba anaweza naweza yake wake bila pia hata sasa leo jana dalili ugonjwa kutoka "
    "katika kuwa vya vyangu langu changu watu",
    "id": "saya aku gue gw yang dan apa apakah bagaimana gimana anak tidak gak nggak ga sudah "
    "udah dengan untuk ini itu ada bisa kalau kalo dari dia kami kita ibu bapak karena "
    "sama lagi mau harus boleh jika atau kenapa berapa adalah akan juga sakit orang kena "
    "sih dong nih banget sy tdk gk udh blm klo yg dgn krn tolong suami istri bayi",
}
CLEAR = 2
_NATIVE = re.compile("[\u0600-\u06ff\u0900-\u097f]")
TELLTALES = {
    language: frozenset(_RUNS.sub(r"\1", words).split()) for language, words in _TELLTALES.items()
}


def spoken(words: list[str]) -> frozenset[str]:
    """Return the languages that a message in Latin letters may be in.

    A language falls out when none of its little words is there but two of another's are.
    Romanised Hindi and Urdu are one here; a word in their own letters keeps both in.
    """
    seen = set(words)
    native = any(map(_NATIVE.search, words))
    told = {language: len(listed & seen) for language, listed in TELLTALES.items()}
    clear = max(told.values()) >= CLEAR
    found = {language for language, count in told.items() if count or not clear}
    return frozenset(found | ({"hi", "ur"} if native or "hi" in found else set()))


def plain(message: str) -> list[str]:
    """Return folded words without apostrophes, doubled letters and look-alikes of Latin letters."""
    folded = " ".join(reading.words(message)).replace("'", "")
    if reading.script(folded) in (None, reading.Script.LATIN):
        folded = folded.translate(_LOOKALIKES)
    return _RUNS.sub(r"\1", folded).split()


def roman(message: str) -> list[str]:
    """Return the words as romanised Hindi and Urdu, with one spelling for each sound."""
    folded = " ".join(reading.words(message)).replace("'", "").translate(_LOOKALIKES)
    for written, said in _ROMAN:
        folded = folded.replace(written, said)
    return _RUNS.sub(r"\1", folded).split()


def disguised(message: str) -> list[str]:
    """Return what the message says under the usual disguises; only views that differ.

    Letters in boxes, digits and signs for letters (su1c1de), letters set apart (s u i c i d e,
    s.u.i.c.i.d.e), and text that direction controls show in another order.
    """
    lower = unicodedata.normalize("NFKC", message).casefold()
    views = []
    if not lower.isascii() and (unboxed := lower.translate(_BOXED)) != lower:
        lower = unboxed
        views.append(lower)
    if any(control in message for control in _TURNING):
        views.append(lower[::-1])
    tokens = lower.split()
    if any(map(_signed, tokens)):
        views += [
            " ".join(token.translate(leet) if _signed(token) else token for token in tokens)
            for leet in _LEET
        ]
    joined = _joined(lower)
    if joined != tokens:
        views.append(" ".join(joined))
        if _WIDE.search(lower) and (parted := _joined(lower, wide=True)) != joined:
            views.append(" ".join(parted))
    return views


def bare(message: str) -> str | None:
    """Return what a message says beneath what hides it from a model; None where nothing does.

    Letters may stand apart, run backwards, or be look-alikes of Latin ones: a model made for
    sentences takes that for what it fears most.  A long number, as of a phone, it takes for a
    result.
    """
    seen = _latin(message)
    told = disguised(seen or message)
    turned = any(control in message for control in _TURNING)
    if told and (turned or len(told[-1]) < SHORTER * len(message)):
        seen = told[-1]
    words, numbers = _LONG_NUMBER.subn(" ", reading.normalise(seen or message))
    return words if numbers and any(map(str.isalpha, words)) else seen


def _latin(message: str) -> str | None:
    """Return a message in plain Latin letters, if other letters in it stand for such."""
    if message.isascii():
        return None
    lower = unicodedata.normalize("NFKD", message).casefold()
    seen = "".join(char for char in lower if not unicodedata.combining(char))
    seen = seen.translate(_LOOKALIKES).translate(_BOXED)
    odd = sum(char.isalpha() and not char.isascii() for char in message)
    # One letter with a mark is no disguise.
    latin = all(char.isascii() for char in seen if char.isalpha())
    return seen if latin and (odd > 1 or len(lower) > len(seen) + 1) else None


def _signed(token: str) -> bool:
    """Tell whether a word has both letters and signs that stand for letters."""
    return (
        len(token) <= MOST_DISGUISED
        and not _SIGNS.isdisjoint(token)
        and any("a" <= char <= "z" for char in token)
    )


def _unparted(token: str) -> str:
    """Return a word without the points or hyphens between its letters."""
    return _INSIDE.sub("", token) if len(token) <= 2 * MOST_DISGUISED else token


def _joined(lower: str, *, wide: bool = False) -> list[str]:
    """Join single letters in a row into a word, or into words where wider spaces part them."""
    made: list[str] = []
    letters: list[tuple[int, str]] = []  # each with the width of the space before it
    # Without the space at the end, at which a search would begin anew for each of its characters.
    for space, token in [*_TOKEN.findall(lower.rstrip()), ("", "")]:
        bare = token.strip(_SEPARATORS)
        if _LETTER.fullmatch(bare):
            letters.append((len(space), bare))
            continue
        made += _together(letters, wide=wide)
        letters = []
        made.append(_unparted(token))
    return made[:-1]


def _together(letters: list[tuple[int, str]], *, wide: bool) -> list[str]:
    if len(letters) < FEWEST_APART:
        return [letter for _, letter in letters]
    widest = (min if wide else max)(space for space, _ in letters[1:])
    words = [""]
    for at, (space, letter) in enumerate(letters):
        if at and space > widest:
            words.append("")
        words[-1] += letter
    return words
