"""One calculation at a time, and of those waiting for one page only the newest."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Latest:
    """Work done one piece at a time in a thread of its own; a page's newer question takes the older one's place."""

    def __init__(self, work: Callable):
        self._work, self._newest = work, {}
        self._turn, self._thread = asyncio.Lock(), ThreadPoolExecutor(1)

    async def ask(self, page: str, question):
        """The answer to a question, or None where a newer one of the same page took its place.

        Raises what the work raises.
        """
        mark = self._newest[page] = object()
        await asyncio.sleep(0)  # those that come together are all heard before the first is begun
        async with self._turn:
            return await self.aside(self._work, question) if self._newest[page] is mark else None

    async def aside(self, work: Callable, *given):
        """Other work done in the same thread, so that nothing is calculated meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
