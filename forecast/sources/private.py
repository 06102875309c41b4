"""What keeps children inside the readers of returns: hashes, names of files without personal words, one way out.

- An identifier is compared and hashed in one form in every return: without spaces at either end, in one case.
- A file is shown by the words that returns use and by its years; any other word or number of its name, or of its
  folders' names, is shown as …, for it may be a child's. #2 marks the second of those that then look alike, in order of
  name.
- What goes wrong inside a reader leaves it as one message, without the rows that stood in memory.
"""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import ParamSpec, TypeVar

from forecast.case.errors import BadInput

Given, Read = ParamSpec("Given"), TypeVar("Read")
HASH_BYTES = 16
LEAST_SALT, MOST_SALT = 16, 64
LEFT_OUT = "…"
PACKAGE = "forecast"
# 2017-18, 2017_18, 2017/18, 2017-2018; looked for from every place, so that 2024/2017-18 gives 2017-18
PAIR = r"(?<!\d)(?=((?:19[89]|20\d)\d)[-_/ ]?(?:\d\d)?(\d\d)(?!\d))"
SINGLE = r"(?<!\d)((?:19[89]|20\d)\d)(?!\d)"
DATE = r"(?<!\d)(?:\d{1,2}[-_. ]\d{1,2}[-_. ]\d{2,4}|\d{4}[-_. ]\d{1,2}[-_. ]\d{1,2})(?!\d)"  # may be of birth
DAY = r"(?<!\d)(20\d\d)[-_]?(\d\d)[-_]?(\d\d)(?!\d)"
SHORT = r"(?<!\d)(?:\d{1,2}|903)(?!\d)"  # list 7, version 2
TOKEN = r"[^\W\d_]+|\d+|[^\w]|_"
CAMEL = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+"
MARKS = set(" _-.,()[]&+#~'/")
WORDS = frozenset(Path(__file__).with_name("shown_words.txt").read_text(encoding="utf-8").split())


def same_child(identifier: str) -> str:
    """The form in which identifiers are compared: an export may add spaces, or change the case."""
    return identifier.strip().casefold()


def hash_child(identifier: str, salt: bytes) -> str:
    """A child's identifier as a keyed hash, the only form in which it may be kept; the same under one salt."""
    return hashlib.blake2b(same_child(identifier).encode(), key=salt, digest_size=HASH_BYTES).hexdigest()


class Hidden(tuple):
    """A tuple whose items are not shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self):,} items, not shown"


def mark_of(salt: bytes | None) -> str:
    """What tells two salts apart without telling either; blank without a salt."""
    return "" if salt is None else hashlib.blake2b(key=salt, digest_size=HASH_BYTES, person=b"same salt?").hexdigest()


def check_salt(salt: bytes | None) -> None:
    """Raise BadInput for a salt too short to hide identifiers, or too long for the hash."""
    if salt is not None and not LEAST_SALT <= len(salt) <= MOST_SALT:
        raise BadInput(
            f"the salt has {len(salt)} bytes; expected {LEAST_SALT} to {MOST_SALT}, made by secrets.token_bytes."
        )


def shown_names(names: Iterable[str], days: bool = False) -> dict[str, str]:
    """name -> how it is shown, for the names of files in a folder or zip, written with /; no two alike.

    days  whether a day such as 2018-09-30 is shown: a list named by it is as at that day, and every output says so
    """
    shown: dict[str, str] = {}
    taken: set[str] = set()
    names = sorted(names)
    for name in names:
        kept = shown_name(name, days).split("/")
        for depth, part in enumerate(kept, start=1):
            real = "/".join(name.split("/")[:depth])
            if real not in shown:
                above, number = shown.get(real.rpartition("/")[0], ""), 1
                shown[real] = f"{above}/{part}" if above else part
                path = PurePosixPath(shown[real])
                while shown[real] in taken:
                    number += 1
                    shown[real] = path.with_name(f"{path.stem} #{number}{path.suffix}").as_posix()
                taken.add(shown[real])
    return {name: shown[name] for name in names}


def shown_name(name: str, days: bool = False) -> str:
    """A file's name with the words and numbers that returns do not use left out."""
    safe, parts = _safe_digits(name, days), []
    for found in re.finditer(TOKEN, name):
        token = found.group()
        if token.isalpha():
            parts += _words(token)
        else:
            parts.append(token if found.start() in safe or token in MARKS else LEFT_OUT)
    return re.sub(rf"{LEFT_OUT}(?:[ _'.,-]*{LEFT_OUT})+", LEFT_OUT, "".join(parts))


def _words(token: str) -> list[str]:
    """A word as it may be shown: itself where returns use it, else those of its parts (SloughPlans) that they use."""
    if token.lower() in WORDS:
        return [token]
    parts = re.findall(CAMEL, token)
    return [part if part.lower() in WORDS else LEFT_OUT for part in parts] if "".join(parts) == token else [LEFT_OUT]


def _safe_digits(name: str, days: bool) -> set[int]:
    """Where numbers begin that may be shown: years, and those of one or two figures that are no part of a date."""
    pairs = [m for m in re.finditer(PAIR, name) if (int(m[1]) + 1) % 100 == int(m[2])]
    years = {at for m in pairs for at in range(m.start(1), m.end(2))} | {m.start(1) for m in re.finditer(SINGLE, name)}
    dates = {at for m in re.finditer(DATE, name) for at in range(*m.span())}
    as_at = {at for m in re.finditer(DAY, name) for at in range(*m.span())} if days else set()
    return years | as_at | {m.start() for m in re.finditer(SHORT, name) if m.start() not in dates}


def guarded(read: Callable[Given, Read]) -> Callable[Given, Read]:
    """The reader with one way out for what goes wrong: a message, made anew outside, so that neither the fault that led
    to it nor the rows in memory go with it. A fault that nobody expected is named by its place in the program alone.
    """

    @functools.wraps(read)
    def read_guarded(*args: Given.args, **kwargs: Given.kwargs) -> Read:
        try:
            return read(*args, **kwargs)
        except BadInput as error:
            message = str(error)
        except Exception as error:
            message = _unexpected(error)
        args, kwargs = (), {}  # type: ignore[assignment]  # a traceback that shows variables shows no path
        raise BadInput(message)

    return read_guarded


def _unexpected(error: Exception) -> str:
    """Where a fault of the program arose, and of which kind; its own words may hold a cell, and are not repeated."""
    trace, place = error.__traceback__, "an unknown place"
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        place = f"{module}, line {trace.tb_lineno}" if module.startswith(PACKAGE) else place
        trace = trace.tb_next
    return (
        f"the returns could not be read, for a reason that the program does not know ({type(error).__name__} in "
        f"{place}). Expected files as the return has them. Tell the program's keepers these words, and send no data."
    )
