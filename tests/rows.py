"""A row for any table of people's rows, also for those that are still to be invented."""

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Float, Integer, String, Table

from reception import utc_now

DAY = date(2026, 11, 20)
KNOWN = {"language": "hi", "entry": "malaria-spread", "seen": DAY}


def row_of(table: Table, person: str) -> dict[str, Any]:
    """Return a row of a person; what a column is called says what it holds, or else its type."""
    made: dict[str, Any] = {}
    for column in table.columns:
        match column.type:
            case _ if column.name == "person":
                made["person"] = person
            case _ if column.name in KNOWN:
                made[column.name] = KNOWN[column.name]
            case Boolean():
                made[column.name] = True
            case Integer() if column.primary_key and len(table.primary_key.columns) == 1:
                pass  # counted by the database
            case Integer() | Float():
                made[column.name] = 1
            case DateTime():
                made[column.name] = utc_now()
            case Date():
                made[column.name] = DAY
            case String():
                made[column.name] = "x"
            case _:
                made[column.name] = []
    return made
