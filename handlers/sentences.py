"""What staff read on Telegram: English, in one place."""

# ---- signing in
MEMBER = "You are on the staff of Sehat as {name} ({role}). /queue shows what waits."
CODE_WRONG = (
    "This code is not valid: it was used, is older than ten minutes, or is not whole. "
    "Ask an owner for a new one."
)
CODE_TRIES = "Too many codes. Wait a minute, then try again."
CODE_SEEN = (
    "Others have seen this code, so it counts no longer. Ask an owner for a new one, "
    "and send it to me in a private chat."
)
STAFF_USE = "Send /staff and the code in one message."
LINK = (
    "The console, for you only. The link works once, for ten minutes:\n\n{address}\n\n"
    "Pass it on to nobody: who opens it is {name}."
)
LINK_PRIVATE = "The link came to you by private message."
LINK_BLOCKED = "I can't write to you: open a private chat with me and send /login there."
CHAT_ID = "The number of this chat is {number}. In the settings it is `staff.chat`."
CHAT_ID_GROUP = "Send /chatid in a group: I tell the group's number there."
COMMANDS = {
    "queue": "Staff: what waits for an answer",
    "login": "Staff: a link to the console",
    "chatid": "Staff: the number of a group",
}

# ---- the queue
ELSEWHERE = "The queue is shown in the staff chat, or in a private chat with me."
EMPTY = "Nothing waits for an answer."
AGAIN = "That was the last one. From the first again:"
REFUSED = "This is for staff only."
GONE = "This group is no longer there."
STALE = "{who} has changed it meanwhile ({what}, {when}). This is how it stands now."
STALE_ONLY = "It has changed meanwhile. This is how it stands now."
OLD_CARD = "This card is too old to be changed: /queue shows a new one."
ENTRY_GONE = "This entry is no longer there."
NO_WORDS = "These words are no longer there: reply to the card again."
NOTED = "Noted."
RISEN = (
    "⬆ Sudden rise: {questions} questions in 24 hours, by {people} people; "
    "usual for this group: {usual} a day."
)

# ---- a card
HEAD = "<b>Group {id}</b> · {questions} · {people} people"
QUESTION, QUESTIONS = "1 question", "{count} questions"
ALSO = "Also asked:"
NO_TEXT = "(its questions are erased)"
LANGUAGES = "Languages: {found}"
WHY = "Why: {found}"
WHYS = {
    "unmatched": "no answer known",
    "none_of_these": "“none of these” was pressed",
    "not_chosen": "no suggestion was chosen",
    "not_helpful": "answered, but marked not helpful",
}
TREND = "Questions a week, the last one last: {trend}"
NEAREST = "Nearest entries: {found}"
NO_NEAREST = "No entry is near."
ASSIGNED = "Looked after by {name}"
NOTE = "{who}, {when}: {text}"
MORE_NOTES = "{count} older notes are in the console."
STATES = {
    "answered": "✓ answered by {entry}",
    "drafted": "✎ drafted as {entry}",
    "dismissed": "✗ not ours",
    "merged": "→ merged into group {into}",
}
REPLY_NOTE = "A reply to this card becomes a note."

NEW_WORDING = "+ wording: {entry} {score}"
NEW_DRAFT, NOT_OURS, MERGE, SPLIT = "New draft", "Not ours", "Merge", "Split"
ASSIGN, UNASSIGN = "Assign to me", "Assign to nobody"
UNDO, NEXT, BACK, ADD, OTHER = "Undo: {what}", "Next ›", "‹ Back", "Add", "Other question"
LARGEST, NEWEST = "Largest first", "Newest first"

# ---- adding a wording
WORDING_HEAD = "<b>Group {id}</b> · new wording for <b>{entry}</b>"
MOVES_NOTHING = "It moves nothing else."
MOVES = "It would also move:"
MOVE_GOOD = "✓ “{text}” to {after}, where it belongs (now {before})"
MOVE_BAD = "⚠ “{text}” from {before} to {after}"
MOVES_MORE = "… and {count} more."
CANNOT = "It cannot be added:"
OTHER_WORDS = "Reply to this card with other words to use those instead."
CHOOSE_QUESTION = "<b>Group {id}</b> · which question shall be the wording for <b>{entry}</b>?"

# ---- a draft, merging, splitting
DRAFT_HEAD = (
    "<b>Group {id}</b> · new draft, named for ever:\n\n<code>{name}</code>\n\n"
    "Choose its heading. Reply to this card with another name to use that instead: small letters "
    "a to z, digits and “-”, like fever-adult-care."
)
MERGE_HEAD = "<b>Group {id}</b> · into which group shall its questions go?"
MERGE_NONE = "<b>Group {id}</b> · no other group is near."
SPLIT_HEAD = "<b>Group {id}</b> · which question is another matter? Press to take it out."
SPLIT_NONE = "<b>Group {id}</b> · it has only one question."
