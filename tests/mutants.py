"""Random single mutations of the code that makes money and of the doors, and whether a test sees each.

    python tests/mutants.py money|doors [--seed 1] [--mutants 60] [--only MODULE] [--at LINE]

A mutation changes one operator, comparison, number, truth value, condition or returned value of a module of
tests/mutants.csv, in memory alone; the tests beside it run until the first fails. What no test saw is printed. Linux or
macOS: each runs in a process forked from this one, which has the libraries read already.
"""

import argparse
import ast
import collections
import csv
import os
import random
import resource
import shlex
import sys
import tempfile
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path

import hypothesis.extra.numpy  # noqa: F401
import pandas  # noqa: F401
import pydantic  # noqa: F401
import pytest
import scipy.stats  # noqa: F401

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
HOME = Path(__file__).resolve().parent.parent
MOST_SECONDS = 200  # of CPU: a mutation that never ends is seen
OTHER = {
    **{ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult], ast.Pow: [ast.Mult]},
    **{ast.Mod: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd]},
    **{ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt]},
    **{ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.In: [ast.NotIn], ast.NotIn: [ast.In]},
    **{ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.And: [ast.Or], ast.Or: [ast.And], ast.USub: [ast.UAdd]},
}


def changes(node: ast.AST) -> list[tuple[str, object]]:
    """Every single change of a node: the field, and what it is then."""
    found = []
    match node:
        case ast.Compare(ops=ops):
            each = [(at, new) for at, op in enumerate(ops) for new in OTHER[type(op)]]
            found = [("ops", [*ops[:at], new(), *ops[at + 1 :]]) for at, new in each]
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.UnaryOp(op=op) | ast.AugAssign(op=op):
            found = [("op", new()) for new in OTHER.get(type(op), [])]
        case ast.Constant(value=bool(value)):
            found = [("value", not value)]
        case ast.Constant(value=int(value) | float(value)):
            found = [("value", value + 1)]
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            found = [("test", ast.UnaryOp(ast.Not(), test))]
        case ast.comprehension(ifs=[_, *_]):
            found = [("ifs", [])]
        case ast.Return(value=ast.expr()):
            found = [("value", ast.Constant(None))]
    return found


def sites(tree: ast.Module) -> list[tuple[ast.AST, str, object]]:
    """Every single mutation of a module; what is only said of types, or in decorators, is left out."""
    parts = [getattr(node, part, None) for node in ast.walk(tree) for part in ("annotation", "returns")]
    parts += [each for node in ast.walk(tree) for each in getattr(node, "decorator_list", [])]
    out = {id(inner) for outer in parts if outer for inner in ast.walk(outer)}
    return [(node, *change) for node in ast.walk(tree) if id(node) not in out for change in changes(node)]


def passes(module: str, tree: ast.Module | None, tests: str) -> bool:
    """Whether the tests pass with the module as it is in `tree`."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        plain, nowhere = SourceFileLoader.get_code, os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)
        if tree is not None:
            mutated = compile(ast.fix_missing_locations(tree), f"{module} mutated", "exec")
            SourceFileLoader.get_code = lambda self, name: mutated if name == module else plain(self, name)
        arguments = [
            "-q",
            "-x",
            "-o",
            "addopts=",
            "-o",
            f"cache_dir={tempfile.gettempdir()}/mutants",
            *shlex.split(tests),
        ]
        os._exit(int(pytest.main([f"tests/{each}" if each.startswith("test_") else each for each in arguments])))
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("group", choices=["money", "doors"])
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--mutants", type=int, default=60)
    asked.add_argument("--only", default="", help="a module")
    asked.add_argument("--at", type=int, help="a line of it: every mutation there")
    given = asked.parse_args()
    os.chdir(HOME)
    sys.path.insert(0, str(HOME))
    with (HOME / "tests" / "mutants.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["module"]: row for row in csv.DictReader(file) if row["group"] == given.group}
    whole = cache(lambda tests: passes("", None, tests))
    texts = {name: Path(name.replace(".", "/") + ".py").read_text(encoding="utf-8") for name in rows}
    every = [(name, at) for name in rows for at in range(len(sites(ast.parse(texts[name])))) if given.only in name]
    drawn, seen = random.Random(given.seed).sample(every, len(every)), collections.Counter()
    for name, at in drawn:
        tree = ast.parse(texts[name])
        node, part, new = sites(tree)[at]
        line = getattr(node, "lineno", None) or node.target.lineno
        if given.at not in (None, line) or sum(seen.values()) >= given.mutants:
            continue
        assert whole(rows[name]["tests"]), f"{rows[name]['tests']}: fail as they are"
        was = ast.unparse(node)
        setattr(node, part, new)
        survived = passes(name, tree, rows[name]["tests"])
        seen[name, survived] += 1
        if survived:
            print(f"{name}, line {line}: {was}  ->  {ast.unparse(node)}", flush=True)
    for name in sorted({name for name, _ in seen}):
        print(f"{name:40} {seen[name, False]:>4} killed {seen[name, True]:>4} survived")
    killed = sum(count for (_, survived), count in seen.items() if not survived)
    print(f"{killed} of {sum(seen.values())} killed")


if __name__ == "__main__":
    main()
