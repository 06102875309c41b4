"""The live page without a browser: it says what a full run says, refuses what a file would, saves only inside its folder."""

import asyncio
import http.client
import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from conftest import HOME
from forecast.case import load, load_scenarios
from forecast.case.catalogue import read_catalogue
from forecast.case.errors import BadInput
from forecast.live import drawing, saving, server
from forecast.live.latest import Latest
from forecast.live.levers import read_levers
from forecast.live.live import CALL, CHANCE, EXHAUSTION, REASON, Live, Refused, open_live
from forecast.live.saving import Wish, save, slug_of
from forecast.live.view import view
from forecast.model import projection
from forecast.model.cases import open_case
from forecast.questions import answer
from forecast.report import words

CASE, DRAWS, SEED = ("slough", "2011-06"), 120, 2011
POSITIONS = [
    ("central", {"levers.births": 1.07, "levers.moves_in": 1.2, "levers.family_streams": 2.5}),
    ("central", {"levers.lac_starts": 0.85, "levers.lac_leaving_1_4": 1.25, "levers.ramp": 3}),
    ("high-migration", {"levers.cp_starts": 1.2, "levers.placement_prices": 1.05, "levers.contact_sessions": 0.9}),
    (
        "central",
        {
            "budget.contingency": 700000,
            "budget.recovery_plan": 90000,
            "budget.one_off_savings": 50000,
            "levers.iro_hours": 1.1,
        },
    ),
    (
        "inspection-shock",
        {"shock.cp_starts": 1.3, "shock.lasts": 6, "levers.in_house_places": 12, "levers.residential": 0.9},
    ),
]
HOSTILE = [
    "../../x",
    "..\\..\\x",
    "/etc/passwd",
    "C:\\x",
    "<script>alert(1)</script>",
    "Ünïcødé naïve",
    "a\n  b",
    "x.yaml",
    'He said "no": 1',
    "name: {a: 1}",
    "# not a comment",
    "%s{{1}}",
]


@pytest.fixture(scope="module")
def live() -> Live:
    return open_live(HOME / "params", HOME / "data", *CASE, DRAWS, SEED)


@pytest.fixture
def params(tmp_path) -> Path:
    """A copy of the assumption files that a test may write to."""
    return Path(shutil.copytree(HOME / "params", tmp_path / "params"))


@pytest.fixture
def saver(live) -> Live:
    """The same model with a list of scenarios of its own."""
    return Live(replace(live.case, scenarios=dict(live.case.scenarios)), live.base, live.groups)


def part_of(shown, full, place="") -> int:
    """How many figures of the page stand in the full answer; fails at the first that differs by a bit."""
    if isinstance(shown, dict):
        assert shown.keys() <= full.keys(), place
        return sum(
            part_of(part, full[key], f"{place}.{key}") for key, part in shown.items() if key not in ("name", "reason")
        )
    if isinstance(shown, list):
        assert len(shown) == len(full), place
        return sum(part_of(a, b, f"{place}.{number}") for number, (a, b) in enumerate(zip(shown, full, strict=True)))
    assert shown == full, place
    return 1


@pytest.fixture(scope="module")
def anew():
    """The central case projected apart from the live page."""
    case = open_case(HOME / "params", HOME / "data", *CASE)
    base = projection.prepare(case.central, case.evidence, DRAWS, SEED)
    return base, projection.project(base, case.central)


@pytest.mark.parametrize("start, changes", POSITIONS)
def test_the_page_says_exactly_what_a_full_run_of_the_same_file_says(saver, params, anew, start, changes):
    saved = save(saver, params, Wish("As a file", REASON, changes, start, {}))
    scenarios = load_scenarios(params, *CASE, ["central", saved["slug"]])
    base, central = anew
    full = answer.scenario(base, projection.project(base, scenarios[saved["slug"]]), central)
    shown = saver.show(changes, start)
    assert part_of(shown.scenario, full) > 500
    assert shown.scenario["contingency"]["chance_holds"] == full["contingency"]["chance_holds"]
    assert shown.scenario["contingency"]["call"] == full["contingency"]["call"]
    assert shown.scenario["difference_from_central"]["call"] == full["difference_from_central"]["call"]
    told = answer.head(base) | {"scenarios": {"as-a-file": full}}
    assert shown.sentences[1:] == words.headline(told, "as-a-file")[1:]


def test_what_is_remembered_never_goes_stale(live):
    """Every position again in another order gives the same figures."""
    first = [live.show(changes, start).scenario for start, changes in POSITIONS]
    again = [live.show(changes, start).scenario for start, changes in reversed(POSITIONS)][::-1]
    assert json.dumps(first) == json.dumps(again)


def test_every_lever_moves_what_is_shown_and_leaves_nothing_behind(live):
    """A lever that moves nothing would be on the page by mistake. The ramp and the timing act only with another lever."""
    alone = {"levers.ramp", "levers.starts_after", "shock.begins_after", "shock.lasts"}
    still = json.dumps(live.show({}).scenario)
    for key, lever in live.levers.items():
        beside = {"levers.lac_starts": 0.8} if key.startswith("levers.") else {"shock.cp_starts": 1.5}
        before = json.dumps(live.show(beside).scenario) if key in alone else still
        changed = {**(beside if key in alone else {}), key: lever.high}
        assert json.dumps(live.show(changed).scenario) != before, key
        assert json.dumps(live.show({}).scenario) == still, key


def test_the_sentences_are_those_of_the_answer_page(live):
    told = view(live, live.show({}))
    assert "the contingency holds in" in told["chance"] and told["call"].startswith("Expected call")
    assert told["exhaustion"].startswith(("If it fails", "In no future drawn"))
    sentences = live.show({}).sentences
    assert [told["chance"], told["call"], told["exhaustion"]] == [
        sentences[place] for place in (CHANCE, CALL, EXHAUSTION)
    ]
    assert "no change" in told["against"] and told["changed"] == []
    json.dumps(told, allow_nan=False)


def test_a_scenario_held_is_shown_as_itself(live):
    for slug in live.case.scenarios:
        assert live.show({}, slug).assumptions is live.case.scenarios[slug]
    back = live.assumptions({"levers.births": 1, "levers.ramp": 6}, "rising-births")
    assert not back.differs


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"levers.births": 9}, "expected 0.2 to 3"),
        ({"levers.births": float("nan")}, "not a number"),
        ({"levers.births": float("inf")}, "not a number"),
        ({"levers.births": "1.1"}, "not a number"),
        ({"levers.births": True}, "not a number"),
        ({"levers.birth": 1.1}, "Did you mean levers.births?"),
        ({"costs.own_home": 100}, "not a lever of this page"),
        ({"budget.recovery_plan": -1}, "expected 0 to"),
    ],
)
def test_a_value_is_refused_as_a_file_would_refuse_it(live, changes, said):
    with pytest.raises(Refused) as refused:
        live.show({**changes, "levers.lac_starts": 0.9})
    assert list(refused.value.problems) == list(changes) and said in refused.value.problems[next(iter(changes))]


def test_the_same_words_as_the_file(live, params):
    """The page's refusal is the sentence that a scenario file gets for the same value."""
    text = 'name: "x"\norder: 99\nreason: "x"\nchanges:\n  levers.births:\n    value: 9\n    why: "x"\n'
    (params / "scenarios" / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as file:
        load(params, *CASE, "x")
    with pytest.raises(Refused) as page:
        live.show({"levers.births": 9})
    assert page.value.problems["levers.births"].removeprefix("Births ") in str(file.value)


def test_all_wrong_values_are_told_at_once_and_a_good_one_then_works(live):
    with pytest.raises(Refused) as refused:
        live.show({"levers.births": 9, "levers.cp_starts": 0})
    assert set(refused.value.problems) == {"levers.births", "levers.cp_starts"}
    assert live.show({"levers.births": 1.1}).sentences


# --- explore.yaml -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after, said",
    [
        (
            "levers.births: {low: 0.8",
            "levers.birth: {low: 0.8",
            "line 7: groups.families.levers.levers.birth: this key is not in catalogue.yaml. Did you mean levers.births",
        ),
        ("step: 0.01}", "stride: 0.01}", "this key is not known here. Did you mean step?"),
        ("low: 0.8, high: 1.3", "low: 1.4, high: 1.3", "low: is 1.4, not below high 1.3"),
        ("low: 0.8, high: 1.3", "low: 0.1, high: 1.3", "low: is 0.1; expected 0.2 to 3"),
        ("step: 0.01}", "step: 0}", "step: is 0; expected more than 0"),
        ("step: 0.01}", "step: 1%}", "a percentage as a share"),
        ("levers.family_streams", "levers.lac_starts", "stands in two groups"),
        ("title: Families and births", "title:", "expected text"),
    ],
)
def test_a_mistake_in_explore_yaml_is_told_by_file_and_line(params, before, after, said):
    path = params / "explore.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadInput) as problem:
        read_levers(params, read_catalogue(params))
    assert "explore.yaml, line " in str(problem.value) and said in str(problem.value)


# --- saving -----------------------------------------------------------------------------------------------------------


def test_what_is_saved_loads_back_as_it_was_shown(saver, params):
    changes = {"levers.births": 1.07, "budget.recovery_plan": 90000, "levers.moves_in": 1}
    saved = save(
        saver,
        params,
        Wish("More births, fewer movers", "To test", changes, "high-migration", {"levers.births": "They rose"}),
    )
    assert saved["slug"] == "more-births-fewer-movers"
    assert saved["command"] == "forecast run --council slough --month 2011-06 --scenario more-births-fewer-movers"
    loaded, shown = load(params, *CASE, saved["slug"]), saver.show(changes, "high-migration").assumptions
    figures = [{key: (one.value, one.low, one.high) for key, one in held.entries.items()} for held in (loaded, shown)]
    assert figures[0] == figures[1]
    whys = {one.key: one.why for one in loaded.differs}
    assert (
        whys["levers.births"] == "They rose"
        and whys["budget.recovery_plan"] == "To test"
        and "levers.moves_in" not in whys
    )
    assert whys["levers.family_streams"].startswith("The high end")
    assert (
        saver.show({}, saved["slug"]).scenario["contingency"]
        == saver.show(changes, "high-migration").scenario["contingency"]
    )
    assert loaded.scenario.order > max(
        held.scenario.order for slug, held in saver.case.scenarios.items() if slug != saved["slug"]
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_the_folder_and_is_only_text(saver, params, name):
    before = {path: path.read_bytes() for path in params.parent.rglob("*") if path.is_file()}
    wish = Wish.tidy(name, "To test", {"levers.births": 1.1}, "central", {"levers.births": name})
    saved = save(saver, params, wish)
    new = [path for path in params.parent.rglob("*") if path.is_file() and path not in before]
    assert new == [params / "scenarios" / f"{saved['slug']}.yaml"] and all(
        path.read_bytes() == held for path, held in before.items()
    )
    assert saved["slug"].replace("-", "").isalnum() and saved["slug"].isascii()
    assert load(params, *CASE, saved["slug"]).scenario.name == " ".join(name.split())
    page = render(saver)
    assert "<script>alert" not in page and 'He said "no"' not in page


def render(held: Live) -> str:
    """The page as it is sent, through the server's own template."""
    from tornado.template import Loader

    central = held.case.central
    return (
        Loader(str(server.FILES))
        .load("page.html")
        .generate(live=held, case=central.case, central=central, base=held.base)
        .decode("utf-8")
    )


@pytest.mark.parametrize(
    "name", ["", "   ", "...", "日本語", "con", "CON", "Lpt1", "central", "High migration", "high_MIGRATION!", "x" * 61]
)
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_written(saver, params, name):
    before = sorted(params.rglob("*"))
    with pytest.raises(Refused) as refused:
        save(saver, params, Wish.tidy(name, "To test", {"levers.births": 1.1}, "central", {}))
    assert set(refused.value.problems) == {"name"} and sorted(params.rglob("*")) == before


def test_hidden_characters_are_refused(saver, params):
    before = sorted(params.rglob("*"))
    for name in ("a\u202eb", "zero\u200bwidth", "bell\a"):
        with pytest.raises(Refused, match="cannot be seen|hidden character"):
            save(saver, params, Wish.tidy(name, "To test", {"levers.births": 1.1}, "central", {}))
    assert sorted(params.rglob("*")) == before


def test_an_empty_reason_and_no_change_are_refused(saver, params):
    with pytest.raises(Refused) as refused:
        save(saver, params, Wish("Good name", "", {"levers.births": 1.1}, "central", {}))
    assert set(refused.value.problems) == {"reason"}
    with pytest.raises(Refused, match="nothing to save"):
        save(saver, params, Wish("Good name", "To test", {}, "central", {}))
    with pytest.raises(Refused, match="expected 0.2 to 3"):
        save(saver, params, Wish("Good name", "To test", {"levers.births": 9}, "central", {}))


def test_nothing_is_overwritten_even_by_two_at_once(params):
    path = params / "scenarios" / "twice.yaml"

    def put(number: int) -> bool:
        try:
            saving.put_in_place(path, f"{number}\n")
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, range(40))) == 1
    assert not list(params.glob("scenarios/.saving-*"))


def test_a_failed_write_leaves_nothing(params, monkeypatch):
    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(saving.os, "link", full)
    monkeypatch.setattr(Path, "rename", full)
    before = sorted(params.rglob("*"))
    with pytest.raises(OSError, match="disk full"):
        saving.put_in_place(params / "scenarios" / "new.yaml", "x\n")
    assert sorted(params.rglob("*")) == before


def test_files_changed_since_the_page_opened_are_noticed(saver, params):
    path = params / "slough" / "2011-06" / "case.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("value: 600000", "value: 610000"), encoding="utf-8")
    with pytest.raises(Refused, match="have changed since this page was opened"):
        save(saver, params, Wish("New", "To test", {"levers.births": 1.1}, "central", {}))
    assert not (params / "scenarios" / "new.yaml").exists()


def test_slugs():
    assert slug_of("  High  Migration: 2.5x ") == "high-migration-2-5x" and slug_of("Café") == "cafe"


# --- latest wins ------------------------------------------------------------------------------------------------------


def test_of_moves_that_wait_only_the_newest_is_calculated():
    done, running = [], []

    def work(question):
        running.append(question)
        assert len(running) == 1, "two calculations at once"
        time.sleep(0.02)
        running.remove(question)
        done.append(question)
        return question

    async def drag():
        latest = Latest(work)
        moves = [asyncio.ensure_future(latest.ask("page", number)) for number in range(50)]
        other = asyncio.ensure_future(latest.ask("other", "kept"))
        return await asyncio.gather(*moves, other)

    *moves, other = asyncio.run(drag())
    assert done == [49, "kept"] and other == "kept"
    assert moves == [None] * 49 + [49]


def test_a_calculation_that_fails_does_not_stop_the_next():
    def work(question):
        if question == "bad":
            raise BadInput("no")
        return question

    async def ask():
        latest = Latest(work)
        with pytest.raises(BadInput):
            await latest.ask("page", "bad")
        return await latest.ask("page", "good")

    assert asyncio.run(ask()) == "good"


# --- the server -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(live, tmp_path_factory):
    """A server in a thread of its own, on a copy of the assumption files."""
    params = Path(shutil.copytree(HOME / "params", tmp_path_factory.mktemp("served") / "params"))
    held = Live(replace(live.case, scenarios=dict(live.case.scenarios)), live.base, live.groups)
    ears, begun, told = server.listen(0), threading.Event(), []
    loop = asyncio.new_event_loop()

    async def begin():
        server.start(held, params, ears, told.append)
        begun.set()

    def run():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(begin())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert begun.wait(30)
    yield ears[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def ask(port, method="POST", path="/show", body=b"{}", **headers):
    """One request as raw as a test needs it: status, headers, text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    own = {"Host": f"127.0.0.1:{port}", "Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
    body = json.dumps(body).encode("utf-8") if not isinstance(body, bytes) else body
    sent = {name: value for name, value in {**own, **headers}.items() if value is not None}
    connection.putrequest(method, path, skip_host=True)
    length = {"Content-Length": str(len(body))} if method == "POST" else {}
    for name, value in {**sent, **length}.items():
        connection.putheader(name, value)
    connection.endheaders(body if method == "POST" else None)
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read().decode("utf-8")


def test_it_listens_on_this_computer_alone():
    ears = server.listen(0)
    try:
        assert [ear.getsockname()[0] for ear in ears] == ["127.0.0.1"]
        with pytest.raises(BadInput, match="is taken"):
            server.listen(ears[0].getsockname()[1])
    finally:
        for ear in ears:
            ear.close()


def test_the_page_and_its_files_are_served_with_a_strict_policy(port):
    for path, kind in {
        "/": "text/html",
        "/files/page.css": "text/css",
        "/files/page.js": "text/javascript",
        "/files/icon.svg": "image/svg+xml",
    }.items():
        status, headers, text = ask(port, "GET", path)
        assert status == 200 and headers["Content-Type"].startswith(kind) and text
        assert (
            "default-src 'none'" in headers["Content-Security-Policy"]
            and headers["X-Content-Type-Options"] == "nosniff"
        )
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text, (
            "an address outside"
        )


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Host": ""},
    ],
)
def test_another_site_is_refused(port, headers):
    for path in ("/show", "/save"):
        status, _, text = ask(port, path=path, **headers)
        assert status == 403 and "answers only" in text
    if "Host" in headers:
        assert ask(port, "GET", "/", **headers)[0] == 403


def test_a_form_from_another_page_cannot_be_posted(port):
    assert ask(port, **{"Content-Type": "text/plain"})[0] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 5000,
        {"values": []},
        {"start": 3},
        {"page": {}},
        {"values": {"levers.births": {}}},
        {"start": "nowhere"},
        {"values": {"a" * 5000: 1}},
    ],
)
def test_nonsense_gets_a_plain_message_and_the_server_lives(port, body):
    status, _, text = ask(port, body=body)
    assert status in (200, 400) and json.loads(text)["problems"] and "Traceback" not in text
    assert json.loads(ask(port, body={"values": {}})[2])["chance"]


def test_what_is_not_there_and_what_is_too_large(port):
    for path in ("/nothing", "/files/../server.py", "/files/page.html", "/files/%2e%2e/server.py"):
        status, _, text = ask(port, "GET", path)
        assert status == 404 and "Traceback" not in text
    assert ask(port, "GET", "/show")[0] == 405
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        assert ask(port, body=b" " * 300_000)[0] >= 400
        raise ConnectionError


def test_a_bad_value_then_a_good_one(port):
    bad = json.loads(ask(port, body={"values": {"levers.births": 9}})[2])
    assert list(bad["problems"]) == ["levers.births"] and bad["problems"]["levers.births"].startswith("Births is 9")
    good = json.loads(ask(port, body={"values": {"levers.births": 1.1}})[2])
    assert good["values"]["levers.births"] == 1.1 and good["changed"][0]["here"] == "1.1 times"


def test_a_fault_inside_is_one_plain_sentence(port, monkeypatch):
    monkeypatch.setattr(Live, "show", lambda *_: 1 / 0)
    status, _, text = ask(port, body={"values": {}})
    assert status == 500 and json.loads(text)["problems"][""] == server.TROUBLE and "ZeroDivision" not in text


def test_saving_through_the_server(port):
    wish = {
        "name": "<img src=x onerror=alert(1)>",
        "reason": "To test",
        "values": {"levers.births": 1.1},
        "start": "central",
        "why": {},
    }
    told = json.loads(ask(port, path="/save", body=wish)[2])
    assert told["slug"] == "img-src-x-onerror-alert-1"
    page = ask(port, "GET", "/")[2]
    assert "&lt;img src=x" in page and "<img" not in page
    assert "already" in json.loads(ask(port, path="/save", body=wish)[2])["problems"]["name"]
    shown = json.loads(ask(port, body={"start": told["slug"], "values": {}})[2])
    assert "<img" in shown["title"] and all("<img" not in chart for chart in shown["charts"].values())
    assert json.loads(ask(port, path="/save", body={"name": "x", "reason": " ", "values": {"levers.births": 1.1}})[2])[
        "problems"
    ]["reason"]


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_a_chart_is_named_described_and_escaped():
    rows = [{"month": f"2011-{month:02d}", "mean": month, "p10": month - 1, "p90": month + 1} for month in range(4, 13)]
    fan = {"name": "x", "title": "<b>Title</b>", "description": "Say & tell", "labelled": {}, "colour": "#000000"}
    svg = drawing.draw(fan | {"line": (3, "<i>3</i>")}, rows, rows, str)
    assert (
        "&lt;b&gt;Title" in svg
        and "Say &amp; tell" in svg
        and "&lt;i&gt;3" in svg
        and 'aria-labelledby="x-title x-description"' in svg
    )


@pytest.mark.parametrize("ends", [(0, 0), (0, 1), (-350, 990), (0, 1e7), (0.2, 0.21), (-5, -1)])
def test_ticks_hold_what_is_drawn(ends):
    ticks = drawing.ticks(*ends)
    assert ticks[0] <= ends[0] and ticks[-1] >= ends[1] and 2 <= len(ticks) <= 9


def test_labels_stand_apart():
    places = drawing.apart([10.0, 12.0, 265.0, 266.0])
    assert (
        all(b - a >= drawing.GAP - 1e-9 for a, b in zip(places[:2], places[1:3], strict=True))
        and places[-1] <= drawing.HEIGHT
    )


# --- the notebook's boxes ---------------------------------------------------------------------------------------------


def test_number_boxes_show_the_same_model_and_no_traceback(live):
    pytest.importorskip("ipywidgets", reason="ipywidgets is not installed: the number boxes are not tested")
    from forecast.live import widgets

    page = widgets.Controls(live, __import__("ipywidgets"))
    page.whole()
    page.boxes["levers.lac_starts"].value = 0.8
    assert live.show({"levers.lac_starts": 0.8}).sentences[CHANCE] in page.answer.value
    page.start.value = "high-migration"
    assert (
        page.boxes["levers.family_streams"].value == 2.5
        and live.show({}, "high-migration").sentences[CHANCE] in page.answer.value
    )
    page.live = replace_show(live, Refused({"levers.births": "<b>no</b>"}))
    held = page.answer.value
    page.show()
    page.show()
    assert page.answer.value.count("&lt;b&gt;no") == 1 and page.answer.value.endswith(held)


def test_the_notebook_of_number_boxes_shows_them(live, monkeypatch):
    """Each of its cells, as a kernel runs it; the case is the one already open."""
    from forecast.live import widgets

    asked, found = [], {}
    monkeypatch.setattr(widgets, "open_live", lambda *case: asked.append(case[2:4]) or live)
    cells = [cell for cell in nbformat.read(HOME / "notebooks" / "explore.ipynb", 4).cells if cell.cell_type == "code"]
    for cell in cells[:-1]:
        exec(cell.source, found)
    assert live.show({}).sentences[CHANCE] in eval(cells[-1].source, found).children[-1].value
    assert asked == [CASE]


def replace_show(live: Live, error: Exception) -> Live:
    """The same model, refusing everything."""

    class Refusing:
        def show(self, *_):
            raise error

        def __getattr__(self, name):
            return getattr(live, name)

    return Refusing()


def test_without_ipywidgets_a_sentence_says_what_to_install(live, monkeypatch):
    import sys

    from forecast.live import widgets

    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert "pip install ipywidgets" in widgets.controls(live).data
