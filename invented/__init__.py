"""An invented council: lives drawn from rates that are known, and the files that a real council would hold of them."""

from invented.council import Council, invent, write, write_example
from invented.settings import Leaving, Oddities, Settings

__all__ = ["Council", "Leaving", "Oddities", "Settings", "invent", "write", "write_example"]
