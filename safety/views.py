"""The cleaned views of a message that rules look at.  For detection only: never shown or stored."""

import re
import unicodedata

import text as reading

# Letters of other scripts that look like Latin ones; the usual disguises, by eye.
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ьb кk вb мm нh тt гr αa εe ρp τt υu νv ιi οo κk "
    "χx βb ηn ωw ɑa ɡg ɩi ʏy ɴn ʀr ʙb ʜh ʟl ᴀa ᴄc ᴅd ᴇe ɢg ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ꜰf "
    "ɪi ıi łl øo ðd"
)
_LOOKALIKES = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
# "1" is written for both i and l, so there are two readings.
_LEET = tuple(str.maketrans("0345789@$!|+1", f"oeastbgasiit{one}") for one in "il")
_SIGNS = frozenset("0134578@$!|+")
_SEPARATORS = ".-_*·•"
MOST_DISGUISED = 40  # letters of a word that can be a disguise; longer ones are no words
FEWEST_APART = 4  # single letters in a row that can be a word
_RUNS = re.compile(r"([^\W\d_])\1+")
_INSIDE = re.compile(r"(?<=[^\W\d_])[.\-_*·•]+(?=[^\W\d_])")

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

    Digits and signs for letters (su1c1de), letters set apart (s u i c i d e, s.u.i.c.i.d.e), and
    text that direction controls show in another order.
    """
    lower = unicodedata.normalize("NFKC", message).casefold()
    views = []
    if any(control in message for control in "\u202e\u202d\u2067"):
        views.append(lower[::-1])
    tokens = lower.split()
    if any(map(_signed, tokens)):
        views += [
            " ".join(token.translate(leet) if _signed(token) else token for token in tokens)
            for leet in _LEET
        ]
    joined = _joined([_unparted(token) for token in tokens])
    if joined != tokens:
        views.append(" ".join(joined))
    return views


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


def _joined(tokens: list[str]) -> list[str]:
    """Join single letters in a row into a word."""
    made: list[str] = []
    letters: list[str] = []
    for token in [*tokens, ""]:
        bare = token.strip(_SEPARATORS)
        if len(bare) == 1 and bare.isalpha():
            letters.append(bare)
            continue
        made += ["".join(letters)] if len(letters) >= FEWEST_APART else letters
        letters = []
        made.append(token)
    return made[:-1]
