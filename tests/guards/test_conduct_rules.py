"""A rule of conduct is comparisons of whole numbers joined with & | + -, and nothing that an array could not follow."""

import ast
import re
from pathlib import Path

import pytest

from tests.guards.repository import ROOT

# The rules, and the table that asks them.
RULES = {
    ROOT / "cases" / "domain" / "conduct_rules.py": ROOT / "cases" / "domain" / "conduct.py",
    ROOT / "notices" / "domain" / "gate_rules.py": ROOT / "notices" / "domain" / "gate.py",
}
_JOINS = (ast.BitAnd, ast.BitOr, ast.Add, ast.Sub)
_COMPARES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def objections(source: str) -> list[str]:
    """What in a module of rules is not allowed, one line each."""
    found: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found += _function(node)
        elif not isinstance(node, ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr):
            found.append(f"line {node.lineno}: {type(node).__name__}")
        elif isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
            found.append(f"line {node.lineno}: a statement")
        elif isinstance(node, ast.ImportFrom) and node.module != "typing":
            found.append(f"line {node.lineno}: imports {node.module}")
    return found


def _function(rule: ast.FunctionDef) -> list[str]:
    body = rule.body[1:] if ast.get_docstring(rule) else rule.body
    arguments = [argument.arg for argument in rule.args.args]
    if (
        rule.decorator_list
        or arguments != ["f", "n"]
        or len(body) != 1
        or not isinstance(body[0], ast.Return)
    ):
        return [f"{rule.name}: must be one return of (f, n)"]
    assert body[0].value is not None
    found = _value(body[0].value)
    compares = any(isinstance(node, ast.Compare) for node in ast.walk(body[0]))
    return [f"{rule.name}: {each}" for each in found] + ([] if compares else [f"{rule.name}: no comparison"])


def _value(node: ast.expr) -> list[str]:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _JOINS):
            return _value(left) + _value(right)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _COMPARES):
            return _value(left) + _value(right)
        case ast.Attribute(value=ast.Name(id="f" | "n")):
            return []
        case ast.Name(id=name) if name.isupper():
            return []
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return []
    return [f"line {node.lineno}: {ast.unparse(node)}"]


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_rule_is_comparisons_joined_with_and_or_plus_and_minus(path: Path) -> None:
    assert objections(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "written",
    [
        "f.second >= n.start and f.second <= n.end",
        "not f.open",
        "~(f.open == 1)",
        "(f.talks / 2) > n.limit",
        "(f.talks * 2) > n.limit",
        "max(f.talks, 3) > n.limit",
        "n.start <= f.second <= n.end",
        "(f.talks > 3) if f.open else (f.talks > 2)",
        "f.talks > 3.5",
        "f.talks in (1, 2)",
        "f.talks is None",
        "f.contact.talks > 3",
        "f.talks > True",
        "f.talks",
        "other > 3",
    ],
)
def test_anything_else_is_refused(written: str) -> None:
    assert objections(f"def rule(f, n):\n    return {written}\n")


@pytest.mark.parametrize(
    "source",
    [
        "def rule(f, n):\n    late = f.second > 3\n    return late\n",
        "def rule(f, n):\n    if f.open == 1:\n        return f.talks > 3\n",
        "def rule(f):\n    return f.talks > 3\n",
        "import numpy\n",
        "from cases.domain import facts\n",
        "for x in (1, 2):\n    pass\n",
        "print(1)\n",
    ],
)
def test_a_rule_is_one_expression_and_its_module_holds_nothing_else(source: str) -> None:
    assert objections(source)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_rule_is_asked_by_the_table(path: Path) -> None:
    names = {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    table = RULES[path].read_text(encoding="utf-8")
    asked = {
        node.attr
        for node in ast.walk(ast.parse(table))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rules"
    }
    assert names <= asked


def test_only_bulk_knows_numpy() -> None:
    for app in ("cases", "repayment", "notices", "portal"):
        for path in (ROOT / app).glob("domain/**/*.py"):
            imports = re.search(r"^\s*(?:import|from) numpy", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert path.name.startswith("bulk") or not imports, path
