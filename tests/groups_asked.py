"""Groups of the queue for tests, as the grouping leaves them."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from sqlalchemy import insert

from escalation import middles
from escalation.office import Office
from storage.tables import askers, groups, unmatched

BED_BUGS = [
    ("en", "how do i get rid of bed bugs", "unmatched"),
    ("en", "bed bugs bite me at night what to do", "none_of_these"),
    ("ur", "کھٹمل سے کیسے چھٹکارا پائیں", "unmatched"),
]
SNORING = [
    ("en", "why does my husband snore so loud", "not_chosen"),
    ("sw", "kwa nini watu hukoroma usiku", "unmatched"),
]
CRICKET = [("en", "who won the cricket match yesterday", "unmatched")]
NETS = [("en", "where do they hand out nets against mosquitoes", "not_helpful")]
NEAREST = (("malaria-prevention", 0.31), ("myth-mosquito-hiv", 0.12))


async def group(office: Office, said: Sequence[tuple[str, str, str]], people: int = 2) -> int:
    """Write a group of questions (language, text, why) and return its number."""
    now = office.clock().replace(minute=0, second=0, microsecond=0)
    vectors = [office.desk().encoder.vector(text) for _, text, _ in said]
    async with office.store.begin() as connection:
        made = await connection.execute(
            insert(groups).values(
                first_hour=now - timedelta(days=9),
                last_hour=now,
                questions=len(said),
                middle=middles.sealed(office.cipher, np.mean(vectors, axis=0)),
            )
        )
        (number,) = made.inserted_primary_key or (0,)
        for age, (language, text, why) in enumerate(said):
            await connection.execute(
                insert(unmatched).values(
                    hour=now - timedelta(hours=3 * age),
                    channel="web",
                    language=language,
                    text=office.cipher.seal(text),
                    nearest=[list(one) for one in NEAREST],
                    why=why,
                    entry="malaria-prevention" if why == "not_helpful" else None,
                    group_id=number,
                    ref=f"ref{number:06}{age:07}",
                )
            )
        for one in range(people):
            await connection.execute(
                insert(askers).values(scope=number, asker=f"person {one}", seen=now.date())
            )
    return int(number)
