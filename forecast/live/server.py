"""Serve the live page to a browser on this computer.

Nothing but this computer is listened to, only the page itself is answered, and nothing outside is asked for. One
calculation runs at a time; a move that arrives meanwhile takes the place of the one that waits.
"""

import asyncio
import json
import logging
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from forecast.case.errors import BadInput
from forecast.live.latest import Latest
from forecast.live.live import CENTRAL, Live, Refused, open_live
from forecast.live.saving import Wish, save
from forecast.live.view import view

HERE = "127.0.0.1"
FILES = Path(__file__).parent / "page"
LARGEST_QUESTION = 65_536  # bytes
PAGE_NAME = 64  # letters
# Types by ending: a computer's own list may call a script plain text, and the browser then refuses it.
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TROUBLE = "Something went wrong in the calculation. The last result stays; move a lever to try again."
PLAIN = {
    403: "This page answers only its own window on this computer.",
    404: "There is no such page here. The live page is at the root of this address.",
    405: "That cannot be asked of this page.",
}


class Guarded(RequestHandler):
    """Answers only this computer's own page; never shows a traceback."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse a foreign Host (a name that was pointed here) and a foreign Origin (another site's page)."""
        own, headers = self.settings["own"], self.request.headers
        origins = {f"http://{host}" for host in own} | ({None} if self.request.method in ("GET", "HEAD") else set())
        origin = headers.get("Origin")
        if headers.get("Host", "").lower() not in own or (origin and origin.lower()) not in origins:
            raise HTTPError(403)

    def write_error(self, status_code: int, **kwargs) -> None:
        said = PLAIN.get(status_code, TROUBLE if status_code >= 500 else "The page could not read what it was sent.")
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps({"problems": {"": said}}))

    def log_exception(self, kind, error, trace) -> None:
        """One line where the command runs; what a person typed is not repeated."""
        if not isinstance(error, HTTPError):
            self.settings["say"](f"The page met a fault ({kind.__name__}). The last result stays.")


class Nothing(Guarded):
    """Any address that is not held."""

    def get(self) -> None:
        raise HTTPError(404)


class Files(Guarded, StaticFileHandler):
    """The page's own style, script and icon."""

    def get_content_type(self) -> str:
        return TYPES.get(Path(self.absolute_path).suffix, "application/octet-stream")


class Page(Guarded):
    """The page, its levers at the central case."""

    def get(self) -> None:
        live = self.settings["live"]
        self.render("page.html", live=live, case=live.case.central.case, central=live.case.central, base=live.base)


class Asked(Guarded):
    """A question in JSON, which `found` answers; what is refused is an answer too, as `problems`, not a failure."""

    async def post(self) -> None:
        try:
            answer = await self.found(self.question())
        except Refused as error:
            answer = {"problems": error.problems}
        except BadInput as error:
            answer = {"problems": {"": str(error)}}
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(answer, ensure_ascii=False, allow_nan=False))

    def question(self) -> dict:
        """What was sent. Raises HTTPError where it is not a JSON object sent as one."""
        if self.request.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise HTTPError(415)
        try:
            asked = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise HTTPError(400) from None
        if not isinstance(asked, dict):
            raise HTTPError(400)
        return asked


class Show(Asked):
    """A position of the levers: what it does, or what is wrong with it."""

    async def found(self, asked: dict) -> dict:
        position, page = (_of(asked, "values", dict), _of(asked, "start", str)), _of(asked, "page", str)[:PAGE_NAME]
        answer = await self.settings["latest"].ask(page, position)
        return {"superseded": True} if answer is None else answer


class Save(Asked):
    """Save the levers as a scenario file."""

    async def found(self, asked: dict) -> dict:
        name, reason, start = (_of(asked, part, str) for part in ("name", "reason", "start"))
        wish = Wish.tidy(name, reason, _of(asked, "values", dict), start, _of(asked, "why", dict))
        try:
            return await self.settings["latest"].aside(save, self.settings["live"], self.settings["params"], wish)
        except OSError:
            raise BadInput("The file could not be written. Check the folder params/scenarios") from None


def _of(asked: dict, name: str, kind: type):
    """One part of a question. Raises HTTPError where it is of another kind."""
    part = asked.get(name, CENTRAL if name == "start" else kind())
    if not isinstance(part, kind):
        raise HTTPError(400)
    return part


def application(live: Live, params: Path, port: int, say: Callable[[str], None]) -> Application:
    """The page's addresses, and whom they answer."""

    def work(question: tuple) -> dict:
        return view(live, live.show(*question))

    own = {f"{host}:{port}" for host in (HERE, "localhost")}
    settings = {"live": live, "params": params, "latest": Latest(work), "own": own, "say": say}
    files = (r"/files/(page\.css|page\.js|icon\.svg)", Files, {"path": str(FILES)})
    return Application(
        [(r"/", Page), (r"/show", Show), (r"/save", Save), files],
        template_path=str(FILES),
        default_handler_class=Nothing,
        log_function=lambda handler: None,
        compress_response=False,
        **settings,
    )


def listen(port: int) -> list[socket.socket]:
    """Ears on this computer alone; port 0 takes any that is free. Raises BadInput where the port is taken."""
    try:
        return bind_sockets(port, HERE)
    except OSError:
        raise BadInput(f"port {port} of this computer is taken. Close what uses it, or give another --port.") from None


def start(live: Live, params: Path, ears: list[socket.socket], say: Callable[[str], None]) -> str:
    """Begin to answer, inside a running event loop; returns the page's address."""
    port = ears[0].getsockname()[1]
    page = application(live, params, port, say)
    HTTPServer(page, max_body_size=LARGEST_QUESTION, max_buffer_size=2 * LARGEST_QUESTION).add_sockets(ears)
    return f"http://{HERE}:{port}/"


def serve(
    home: Path, council: str, month: str, draws: int, seed: int, port: int, browser: bool, say: Callable[[str], None]
) -> None:
    """Open a case and serve its live page until stopped with Ctrl+C. Raises BadInput before the page is served.

    home  the project's folder, with params and data
    """
    ears = listen(port)
    say(f"opening {council} {month}, {draws:,} draws")
    live = open_live(home / "params", home / "data", council, month, draws, seed, home / "runs")
    for name in ("tornado.access", "tornado.application", "tornado.general", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)

    async def run() -> None:
        address = start(live, home / "params", ears, say)
        say(f"The live page is at {address} Stop it with Ctrl+C.")
        if browser:
            webbrowser.open(address)
        await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say("Stopped.")
