"""`new --download`: a small server on loopback answers as the services' documentation says."""

import gzip
import json
import shutil
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import official
import pytest
from click.testing import CliRunner

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.model.cases import open_case
from forecast.sources.official import download as room
from forecast.sources.official.download import download

TODAY = date(2026, 11, 28)
CHILDREN, NEED = "Children looked after in England including adoptions", "Children in need"
TABLES = {  # publication -> title of a data set -> file of the invented folder
    CHILDREN: {
        "Numbers and rates": "cla_number_and_rate_per_10k_children.csv",
        "On 31 March by characteristics": "la_cla_on_31_march_by_characteristics.csv",
        "Started during the year": "la_children_who_started_to_be_looked_after_during_the_year.csv",
        "Ceased during the year": "la_children_who_ceased_during_the_year.csv",
    },
    NEED: {
        "D3 subsequent plans": "d3_cpps_subsequent_plan_2013_to_2025.csv",
        "D5 duration": "d5_cpps_at31march_by_duration_2013_to_2025.csv",
    },
}
IDS = {
    title: f"00000000-{number:04d}" for number, title in enumerate(title for held in TABLES.values() for title in held)
}
CUMBERLAND = "E06000063"


class Service:
    """Both services; what they are asked is in `asked`, and `faults` answers a path so many times with a status."""

    def __init__(self):
        self.asked, self.faults, self.version, self.cut = [], {}, "1.0", False
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        place = urlsplit(request.path)
        query, path = parse_qs(place.query), place.path
        self.asked.append(path)
        status, left = self.faults.get(path, (0, 0))
        if left:
            self.faults[path] = status, left - 1
            return self.send(request, status, b'{"title": "Try again", "status": 503}', {"Retry-After": "0"})
        if path == "/v1/publications":
            found = [{"id": name.split()[-1], "title": name} for name in [*TABLES, f"{query['search'][0]} and more"]]
            return self.send(request, 200, self.page(found, query))
        if path.endswith("/data-sets"):
            held = next(sets for name, sets in TABLES.items() if name.split()[-1] == path.split("/")[3])
            return self.send(request, 200, self.page([self.data_set(title) for title in [*held, "Regions"]], query))
        if path.endswith("/csv"):
            title = next(title for title, code in IDS.items() if code == path.split("/")[3])
            file = next(sets[title] for sets in TABLES.values() if title in sets)
            return self.send(request, 200, gzip.compress(official.files()[file]), {"Content-Encoding": "gzip"})
        if path == "/nomis/dataset/NM_2002_1.data.csv":
            return self.send(request, 200, self.population(query["geography"][0].split(",")))
        return self.send(request, 404, b'{"title": "Not found"}')

    def data_set(self, title):
        levels = ["National", "Regional"] if title == "Regions" else ["National", "Regional", "Local authority"]
        newest = {"version": self.version, "timePeriods": {"start": "2022", "end": "2025"}, "geographicLevels": levels}
        return {"id": IDS.get(title, "none"), "title": title, "status": "Published", "latestVersion": newest}

    @staticmethod
    def page(results, query):
        """Two results a page, whatever was asked, so that pages are turned."""
        at = int(query["page"][0])
        paging = {"page": at, "pageSize": 2, "totalResults": len(results), "totalPages": -(-len(results) // 2)}
        return json.dumps({"paging": paging, "results": results[2 * at - 2 : 2 * at]}).encode()

    @staticmethod
    def population(codes):
        """Ages 0 to 17 of 2024, and all ages of two years: 4,000 children of each age, 500,000 people."""
        lines = ['"DATE_NAME","GEOGRAPHY_CODE","GEOGRAPHY_NAME","C_AGE","OBS_VALUE"']
        for code in codes:
            each = 670_000 if code.startswith("E92") else 4_000
            lines += [f'"2024","{code}","Area {code}",{101 + age},{each}' for age in range(18)]
            lines += [f'"{year}","{code}","Area {code}",200,{each * 125}' for year in (2023, 2024)]
        return "\n".join(lines).encode()

    def send(self, request, status, content, headers=None):
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if self.cut and status == 200 else content)
        self.cut = False


@pytest.fixture
def service():
    held = Service()
    yield held
    held.server.shutdown()


@pytest.fixture
def home(tmp_path, service):
    """A project of its own whose services are the server on loopback, asked again without a pause."""
    shutil.copytree(HOME / "params", tmp_path / "params", ignore=shutil.ignore_patterns("slough"))
    shutil.copytree(HOME / "data", tmp_path / "data", ignore=shutil.ignore_patterns("example"))
    path = tmp_path / "data" / room.SERVICES
    text = path.read_text(encoding="utf-8")
    text = text.replace("https://api.education.gov.uk/statistics/v1\n", f"{service.address}/v1\n")
    text = text.replace("https://www.nomisweb.co.uk/api/v01/", f"{service.address}/nomis/")
    path.write_text(text.replace("pause: 2", "pause: 0").replace("seconds: 60", "seconds: 5"), encoding="utf-8")
    return tmp_path


def fetched(home):
    told = []
    said = download(home / "downloads", home / "data", [CUMBERLAND], TODAY, told.append)
    return told, said


def test_a_council_is_set_up_from_the_services(home, service, monkeypatch):
    monkeypatch.chdir(home)
    made = CliRunner().invoke(main, ["new", "Cumberland", "--download"])
    assert made.exit_code == 0, made.output
    evidence = open_case(home / "params", home / "data", "cumberland", "2025-04").evidence
    assert evidence.lac.open_at_origin == 460 and evidence.cp.open_at_origin == 280  # as in tests/official.py
    assert evidence.children.tolist() == [4000.0] * 18
    # 1 search and its 2 pages of 3 for each publication; 5 data sets in 3 pages, 3 in 2; 6 files; the population
    assert [path for path in service.asked if "csv" in path] == [
        *(f"/v1/data-sets/{IDS[title]}/csv" for held in TABLES.values() for title in held),
        "/nomis/dataset/NM_2002_1.data.csv",
    ]
    held = json.loads((home / "downloads" / room.EDITIONS).read_text(encoding="utf-8"))
    assert held["numbers-and-rates.csv"]["edition"] == "1.0 (2025)" and len(held) == 7


def test_an_edition_that_is_held_is_not_fetched_again_and_a_new_one_is(home, service):
    fetched(home)
    first = len(service.asked)
    told, _ = fetched(home)
    assert not [path for path in service.asked[first:] if path.endswith("/csv")]
    assert sum("is held" in line for line in told) == 7
    service.version = "1.1"
    (home / "downloads" / "d5-duration.csv").write_text("spoilt", encoding="utf-8")
    told, _ = fetched(home)
    assert sum("edition 1.1" in line for line in told) == 6
    assert (home / "downloads" / "d5-duration.csv").read_bytes() == official.files()[TABLES[NEED]["D5 duration"]]


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_passing_fault_is_asked_again(home, service, status):
    service.faults["/v1/publications"] = status, 2
    _, said = fetched(home)
    assert not said and service.asked.count("/v1/publications") >= 3


def test_an_answer_cut_off_is_asked_again(home, service):
    service.cut = True
    _, said = fetched(home)
    assert not said and (home / "downloads" / "numbers-and-rates.csv").is_file()


def test_a_fault_that_stays_is_told_with_its_reason(home, service):
    service.faults["/v1/publications"] = 403, 9
    with pytest.raises(BadInput, match="refuses .*403") as stopped:
        fetched(home)
    assert "--from" in str(stopped.value)


def test_without_a_network_what_is_held_is_used_and_told(home, service):
    fetched(home)
    service.server.shutdown()
    service.server.server_close()
    told, said = fetched(home)
    assert not told and len(said) == 2 and all("cannot be reached" in one and "2026-11-28" in one for one in said)
    shutil.rmtree(home / "downloads")
    with pytest.raises(BadInput, match="cannot be reached.*\n.*by hand.*--from"):
        fetched(home)
    assert not list((home / "downloads").iterdir())


def test_a_page_of_the_network_is_not_taken_for_an_answer(home, service, monkeypatch):
    monkeypatch.setattr(Service, "page", staticmethod(lambda *_: b"<html>Sign in to the guest network</html>"))
    with pytest.raises(BadInput, match="not its list"):
        fetched(home)
