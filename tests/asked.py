"""Questions and groups of the queue, written as the grouper writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from escalation import likeness, middles
from escalation.office import Office
from storage.tables import groups, unmatched
from text import Language

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
BUGS = (
    (Language.EN, "how do i get rid of bed bugs"),
    (Language.EN, "how to kill bed bugs at home"),
    (Language.SW, "ninawezaje kuondoa kunguni nyumbani"),
    (Language.HI, "khatmal kaise bhagaye"),
)
EGGS = ((Language.EN, "how long do you boil eggs"), (Language.ID, "berapa lama merebus telur"))
BREATH = ((Language.EN, "why does my breath smell of onions"),)
NEAREST = [["hand-washing", 0.3], ["safe-drinking-water", 0.1]]


async def group(
    office: Office,
    said: Sequence[tuple[Language, str]] = BUGS,
    *,
    hour: datetime = NOW,
    **values: object,
) -> int:
    """Write questions and their group, each an hour before the one before; return its id."""
    encoder = office.desk().encoder
    vectors = [likeness.said(text, encoder).vector for _, text in said]
    hours = [hour - timedelta(hours=number) for number in range(len(said))]
    row = {
        "first_hour": hours[-1],
        "last_hour": hours[0],
        "questions": len(said),
        "middle": middles.sealed(office.cipher, np.mean(vectors, axis=0)),
        **{key: value for key, value in values.items() if key != "why"},
    }
    async with office.store.begin() as connection:
        made = (await connection.execute(groups.insert().values(**row))).inserted_primary_key
        id_ = int(made[0]) if made else 0
        for at, (language, text) in zip(hours, said, strict=True):
            await connection.execute(
                unmatched.insert().values(
                    hour=at,
                    channel="telegram",
                    language=language,
                    text=office.cipher.seal(text),
                    nearest=NEAREST,
                    why=values.get("why", "unmatched"),
                    group_id=id_,
                )
            )
    return id_
