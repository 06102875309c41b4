"""Set up and run, in one command. It needs Python 3.11 or later and, the first time, the internet.

    python3 start.py run       the forecast and its report      (Windows: py start.py run)
    python3 start.py test      the project's tests              (Windows: py start.py test)
    python3 start.py lab       the notebooks in JupyterLab
    python3 start.py COMMAND   any other forecast command; --help lists them

What follows the command is passed on: start.py run --draws 2000, start.py test -k contingency.
The first use makes .venv beside this file, from the versions and checksums in requirements.lock. Later uses go
straight to the command, without the network, until requirements.lock changes. Deleting .venv undoes it all.
"""

# An older Python, back to 3.6, must still be able to read this file and say that it is too old.

import hashlib
import json
import os
import platform
import subprocess
import sys
import time

OLDEST = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
ENV = os.path.join(HERE, ".venv")
BIN = os.path.join(ENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
STAMP = os.path.join(ENV, "installed.json")
LOCK = os.path.join(HERE, "requirements.lock")
PROJECT = os.path.join(HERE, "pyproject.toml")

PIP = [PYTHON, "-I", "-m", "pip", "install", "-qq", "--no-deps"]
LOCKED = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "-r", LOCK]
EDITABLE = ["--no-index", "--no-build-isolation", "--editable", HERE]
THEIR_TESTS = r"site-packages[\\/].+[\\/]tests?[\\/]"


class Stop(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def main(args):
    if sys.version_info < OLDEST:
        say(too_old())
        return 1
    if not args or args[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    try:
        took = install()
    except Stop as stop:
        say(f"\nStopped: {stop}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The same command takes it up again.")
        return 130
    began = time.monotonic()
    code = follow(command(args), cwd=HERE if args[0] == "test" else None)
    say(f"[start.py: {f'set-up took {took:.0f} s, ' if took else ''}{args[0]} took {time.monotonic() - began:.0f} s]")
    return code


def too_old():
    oldest, this = (".".join(str(part) for part in version[:2]) for version in (OLDEST, sys.version_info))
    needs = f"This needs Python {oldest} or later; {sys.executable} is {this}."
    return needs + " Get a newer one from python.org and use that."


def command(args):
    """What the words after start.py stand for."""
    if args[0] == "test":
        return [PYTHON, "-m", "pytest"] + args[1:]
    if args[0] == "synth":
        return [PYTHON, "-m", "invented"] + args[1:]
    return [PYTHON, "-m", "forecast.cli"] + args


def follow(line, cwd):
    """Run it to its end, also through Ctrl-C (which it gets too), and give its exit code."""
    child = subprocess.Popen(line, cwd=cwd, env=surroundings())
    while True:
        try:
            code = child.wait()
            return 128 - code if code < 0 else code
        except KeyboardInterrupt:
            continue


def surroundings():
    """The environment variables of what runs in .venv: its own programs first, UTF-8, compiled files kept."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    path = os.pathsep.join([BIN, os.environ.get("PATH", os.defpath)])
    typed = "%s start.py" % ("py" if os.name == "nt" else "python3")
    pip = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return dict(kept, FORECAST_TYPED=typed, PYTHONUTF8="1", VIRTUAL_ENV=ENV, PATH=path, **pip)


def install():
    """Make .venv what requirements.lock and pyproject.toml say; the seconds it took, 0 when it was so already."""
    wanted, found = {"folder": HERE, "lock": digest(LOCK), "project": digest(PROJECT)}, installed()
    if found == wanted:
        return 0
    began = time.monotonic()
    if dict(found, project=None) != dict(wanted, project=None):
        say("Setting up in .venv: done once, about 260 MB to download and 1 GB on disk.")
        step("making .venv", fresh_environment)
        step("installing the packages of requirements.lock", lambda: attempt(PIP + LOCKED, no_packages()))
        step("compiling them", compile_packages)
    step("installing the project", lambda: attempt(PIP + EDITABLE, "The project itself could not be installed."))
    with open(STAMP, "w", encoding="utf-8") as stamp:
        json.dump(wanted, stamp)
    return time.monotonic() - began


def installed():
    """What .venv was made from; empty when there is none, or it is unfinished or no longer runs."""
    try:
        with open(STAMP, encoding="utf-8") as stamp:
            found = json.load(stamp)
        subprocess.run([PYTHON, "-I", "-S", "-c", ""], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}
    return found


def digest(path):
    """A checksum that does not mind how a line ends."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read().replace(b"\r\n", b"\n")).hexdigest()


def fresh_environment():
    if os.path.exists(ENV) and os.listdir(ENV) and not os.path.exists(os.path.join(ENV, "pyvenv.cfg")):
        raise Stop(f"{ENV} is not a Python environment, so it is left alone. Move it away, then try again.")
    attempt([sys.executable, "-m", "venv", "--clear", ENV], no_environment())


def compile_packages():
    """Once, on every core; what no one imports is left out, and a file that does not compile is no loss."""
    folder = os.path.join(ENV, "Lib" if os.name == "nt" else "lib")
    line = [PYTHON, "-I", "-m", "compileall", "-qq", "-j", "0", "-x", THEIR_TESTS, folder]
    subprocess.run(line, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def attempt(line, sorry):
    """Run it quietly; when it fails, say so plainly and show the end of what it said."""
    done = subprocess.run(line, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise Stop("\n".join([sorry, "Its last words:"] + ["    " + line for line in said[-12:]]))


def no_environment():
    hint = " On Debian and Ubuntu: sudo apt install python3-venv" if sys.platform.startswith("linux") else ""
    return f"Python could not make {ENV}.{hint}"


def no_packages():
    this = f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}"
    sorry = [
        "The packages could not be installed. Is there an internet connection, and 1.5 GB of free disk?",
        "There are packages for Python 3.11 to 3.14 on Windows (x64), Linux (glibc; x64 and ARM)",
        "and macOS (Apple silicon);",
        f"this is {this}.",
    ]
    if os.name == "nt":
        sorry.append("The name of this folder can be too long as well: try one nearer to the root of the drive.")
    return "\n".join(sorry)


def step(title, work):
    began = time.monotonic()
    sys.stderr.write(f"  {title} ... ")
    sys.stderr.flush()
    work()
    say(f"{time.monotonic() - began:.0f} s")


def say(text):
    """For the person at the terminal; a command's own output stays clean."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
