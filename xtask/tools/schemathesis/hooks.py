"""What the description cannot say: fourteen digits are a time only where the calendar has it."""

import re
from datetime import datetime

import schemathesis

TIMES = ("start_time", "begin_time", "end_time")


def exists(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d%H%M%S")
    except ValueError:
        return False
    return True


@schemathesis.hook
def filter_query(context, query) -> bool:
    """Leaves out times such as the 30th of February. Texts that are no 14 digits stay: they are refused."""
    values = [str(query[name]) for name in TIMES if query and name in query]
    return all(exists(text) for text in values if re.fullmatch(r"[0-9]{14}", text))
