"""What keeps children inside the readers of returns: hashes, what is never said, one way out.

- An identifier is compared and hashed in one form in every return: without spaces at either end, in one case.
- No cell is ever said: no name, identifier, date of birth or postcode. A file is named in full, so that its officer
  finds it.
- What goes wrong inside a reader leaves it as one message, without the rows that stood in memory.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from forecast.case.errors import BadInput

Given, Read = ParamSpec("Given"), TypeVar("Read")
HASH_BYTES = 16
LEAST_SALT, MOST_SALT = 16, 64
LEFT_OUT = "…"
PACKAGE = "forecast"
BETWEEN = r"(?: ?[-_/\u2013] ?| ?to ?| )?"
# 2017-18, 2017_18, 2017/18, 2017-2018, 2017 to 2018; looked for from every place, so that 2024/2017-18 gives 2017-18
PAIR = rf"(?<!\d)(?=((?:19[89]|20\d)\d){BETWEEN}(?:\d\d)?(\d\d)(?!\d))"
SHORT_PAIR = rf"(?<!\d)(?=([0-4]\d){BETWEEN}(\d\d)(?!\d))"  # 17-18, 1718
SINGLE = r"(?<!\d)((?:19[89]|20\d)\d)(?!\d)"
DATE = r"(?<!\d)(?:\d{1,2}[-_. ]\d{1,2}[-_. ]\d{2,4}|\d{4}[-_. ]\d{1,2}[-_. ]\d{1,2})(?!\d)"  # may be of birth
DAY = r"(?<!\d)(20\d\d)[-_]?(\d\d)[-_]?(\d\d)(?!\d)"


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


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """name -> how it is shown, for the names of files in a folder or zip, written with /; no two alike."""
    shown: dict[str, str] = {}
    for name in sorted(names):
        kept, number = shown_name(name), 1
        while kept in shown.values():
            number += 1
            kept = f"{shown_name(name)} #{number}"
        shown[name] = kept
    return shown


def shown_name(name: str) -> str:
    """A file's name in full, as its officer knows it; what cannot be printed, or turns the line about, as …"""
    return "".join(letter if letter.isprintable() else LEFT_OUT for letter in name)


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
