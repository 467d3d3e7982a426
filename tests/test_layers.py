"""Which file may import which: no circles anywhere, and what lies below knows nothing of what stands on it."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("envs", "baselines", "agents", "experiments")


@cache
def modules() -> dict[str, Path]:
    """Name of each module of the repository to its file."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def imports(module: str, typing: bool = True) -> Iterator[str]:
    """The modules that one imports anywhere, also in functions and, unless `typing` is false, for type checkers."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    if not typing:
        tree.body = [
            node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node))
        ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{module} imports from {'.' * node.level}: write the whole name"
            found = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules() else node.module for name in found if node.module in modules())


def test_no_module_imports_itself_by_way_of_others():
    graph = {module: set(imports(module)) - {module} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ("envs", ("baselines", "agents", "experiments")),
        ("baselines", ("agents", "experiments")),
        ("agents", ("experiments",)),
    ],
)
def test_what_lies_below_imports_nothing_of_what_stands_on_it(below, above):
    wrong = [
        f"{module} imports {found}"
        for module in modules()
        for found in imports(module, typing=False)
        if module.partition(".")[0] == below and found.partition(".")[0] in above
    ]
    assert not wrong


def test_an_instance_knows_no_files_and_formats_know_no_sets():
    for module in modules():
        last, found = module.rpartition(".")[2], {name.rpartition(".")[2] for name in imports(module)}
        if last == "instance":
            assert not {name for name in found if name.startswith(("formats", "sets", "files"))}, module
        if last.startswith("formats"):
            assert not found & {"sets", "sources", "datasets", "downloads"}, module
