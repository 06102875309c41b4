"""One calculation at a time, and of those waiting for one page only the newest."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Latest:
    """Work done one piece at a time in a thread of its own; a page's newer question takes the older one's place."""

    def __init__(self, work: Callable):
        self._work, self._waiting, self._running = work, {}, None
        self._thread = ThreadPoolExecutor(1)

    async def ask(self, page: str, question):
        """The answer to a question, or None where a newer one of the same page took its place.

        Raises what the work raises.
        """
        answer = asyncio.get_running_loop().create_future()
        if page in self._waiting:
            _settle(self._waiting[page][1], None)
        self._waiting[page] = (question, answer)
        if self._running is None:
            self._running = asyncio.ensure_future(self._run())
        return await answer

    async def aside(self, work: Callable, *given):
        """Other work done in the same thread, so that nothing is calculated meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    async def _run(self) -> None:
        while self._waiting:
            page = next(iter(self._waiting))
            question, answer = self._waiting.pop(page)
            try:
                _settle(answer, await self.aside(self._work, question))
            except Exception as error:
                if not answer.done():
                    answer.set_exception(error)
        self._running = None


def _settle(answer: asyncio.Future, result) -> None:
    """Give a result to whoever waits, unless they have gone."""
    if not answer.done():
        answer.set_result(result)
