"""Official downloads from the services that publish them, kept in a folder with their edition (`services.yaml`).

A data set whose edition is held is not fetched again; a file is there whole or not at all.
"""

import gzip
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

from pydantic import Field

from forecast.case.documents import Strict, Text
from forecast.case.errors import BadInput
from forecast.case.wording import read_as
from forecast.sources.cards import fingerprint
from forecast.sources.files import write_whole
from forecast.sources.official.kinds import Kind, plain, read_kinds
from forecast.sources.official.places import slug
from forecast.sources.official.tables import read_table

SERVICES = "official/services.yaml"  # in the folder of data
EDITIONS = "editions.json"  # in the folder of downloads
POPULATION = "nomis_population_by_age.csv"
ENGLAND = "E92000001"
PASSING = (429, 500, 502, 503, 504)  # too many requests, or a fault of the service: asked again
PAGE = 40


class Services(Strict):
    """The whole of services.yaml."""

    education: Text = Field(description="address of Explore education statistics, with the version of its interface")
    publications: list[Text] = Field(description="titles of its publications")
    level: Text = Field(description="the geographic level that a data set must have")
    population: Text = Field(description="address of Nomis, with what is asked of it but for the geography")
    seconds: float = Field(gt=0, description="after which an answer is waited for no longer")
    tries: int = Field(ge=1, description="of a request before it is given up")
    pause: float = Field(ge=0, description="seconds before the second try; twice as long before each further one")


class Unreachable(BadInput):
    """A service that does not answer."""


def download(folder: Path, data: Path, ons_codes: list[str], today: date, tell: Callable[[str], None]) -> list[str]:
    """Bring a folder of downloads up to date; what to say of it.

    Where a service does not answer, what the folder holds is used, and told. Raises BadInput where it holds nothing.
    """
    services = read_as(Services, data / SERVICES, data)[0]
    folder.mkdir(parents=True, exist_ok=True)
    path, said = folder / EDITIONS, []
    held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    for name, parts in (("education", _education(services)), ("population", _nomis(services, ons_codes))):
        try:
            for file, edition, fetch in parts:
                old, there = held.get(file, {}), folder / file
                whole = there.is_file() and fingerprint(there.read_bytes()) == old.get("sha256")
                if old.get("edition") == edition and (whole or old["sha256"] is None):
                    tell(f"{file}: edition {edition} is held")
                    continue
                content = fetch()
                why = _unread(file, content, read_kinds(data))
                if not why:
                    write_whole(there, content)
                kept = None if why else fingerprint(content)
                held[file] = {"edition": edition, "fetched": today.isoformat(), "sha256": kept}
                write_whole(path, json.dumps(held, indent=1).encode("utf-8"))
                tell(f"{file}: edition {edition}, {why or 'downloaded'}")
        except Unreachable as fault:
            if not any(folder.glob("*.csv")):
                raise BadInput(
                    f"{fault}\nWithout a network: download the files by hand, as docs/guides/your_council.md says, and "
                    "give their folder with --from."
                ) from None
            last = max((one["fetched"] for one in held.values()), default="now")
            said.append(f"{fault} What was downloaded by {last} is used for {name}.")
    return said


def _unread(file: str, content: bytes, kinds: dict[str, Kind]) -> str:
    """Why a data set is not kept, if it is not: one of many that a publication has."""
    try:
        read = file == POPULATION or read_table(file, content, kinds)
    except BadInput as fault:
        return f"passed over: {fault}"
    return "" if read else "not one of the tables that are read"


def _education(services: Services) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """File, edition and what fetches it, of every data set by council."""

    def listed(path: str, **query) -> Iterator[dict]:
        page, pages = 1, 1
        while page <= pages:
            content = _get(
                f"{services.education}/{path}?{urlencode(query | {'page': page, 'pageSize': PAGE})}", services
            )
            try:
                answer = json.loads(content)
            except ValueError:
                said = "answered with what is not its list: a page of the network before it?"
                raise Unreachable(f"Explore education statistics {said}") from None
            pages, page = answer["paging"]["totalPages"], page + 1
            yield from answer["results"]

    for title in services.publications:
        found = [one for one in listed("publications", search=title) if plain(one["title"]) == plain(title)]
        if not found:
            raise Unreachable(f"Explore education statistics lists no publication {title!r}.")
        for one in listed(f"publications/{found[0]['id']}/data-sets"):
            newest = one["latestVersion"]
            if services.level in newest["geographicLevels"]:
                address = f"{services.education}/data-sets/{one['id']}/csv"
                edition = f"{newest['version']} ({newest['timePeriods']['end']})"
                yield f"{slug(one['title'])}.csv", edition, partial(_get, address, services)


def _nomis(services: Services, ons_codes: list[str]) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """The same of the population of the councils asked for, whose edition is what it says."""
    content = _get(f"{services.population}&geography={','.join([ENGLAND, *ons_codes])}", services)
    yield POPULATION, fingerprint(content)[:12], lambda: content


def _get(address: str, services: Services) -> bytes:
    """The answer to a request, asked again while the fault is a passing one. Raises Unreachable."""
    request, pause = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"}), services.pause
    host = address.split("/")[2]
    for left in reversed(range(services.tries)):
        try:
            with urllib.request.urlopen(request, timeout=services.seconds) as answer:
                content = answer.read()
            return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        except urllib.error.HTTPError as fault:
            wait, why = fault.headers.get("Retry-After", ""), f"it answers {fault.code} {fault.reason}"
            if fault.code not in PASSING:
                raise Unreachable(f"{host} refuses {address}: {why}.") from None
        except (OSError, EOFError, HTTPException) as fault:  # no network, too slow, cut off
            wait, why = "", str(getattr(fault, "reason", fault)) or type(fault).__name__
        if left:
            time.sleep(float(wait) if wait.isdigit() else pause)
            pause *= 2
    raise Unreachable(f"{host} cannot be reached ({why}).")
