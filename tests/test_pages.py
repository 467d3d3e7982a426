"""Pages for people: what they link to exists, what they show runs, and their numbers are those of the tables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from envs.core.parts import parts
from experiments.kinds.equal_time import ADVICE, LEADS, EqualTime
from experiments.kinds.page import PLACE, TEMPLATES, Page, cell, with_section
from experiments.race import column

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT)
    for folder in ("", "envs", "agents", "experiments", "results")
    for path in (ROOT / folder).glob("*.md" if not folder else "**/*.md")
    if path.parent.name != "problems"  # templates of pages in results/
)
LINK = re.compile(r"\]\(([^)#\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_what_a_page_links_to_exists(page: Path) -> None:
    targets = [target for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")) if "://" not in target]
    missing = [target for target in targets if not (ROOT / page.parent / target).exists()]
    assert not missing


def test_the_front_page_is_short_and_shows_code_at_once() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150
    assert "```python" in lines[:40]


@pytest.mark.parametrize("page", ["README.md", "agents/README.md"])
def test_the_code_of_a_page_runs(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = "import torch\ntorch.set_num_threads(1)\n" + "\n".join(blocks).replace("100_000", "256")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_numbers_of_the_front_page_are_those_of_the_problems_pages() -> None:
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        if "dispatch/" in line and line.startswith("|"):
            problem = re.search(r"envs/(\w+)/README", line)
            assert problem is not None
            found = NUMBER.findall((ROOT / "results" / problem[1] / "README.md").read_text(encoding="utf-8"))
            said = NUMBER.findall("|".join(line.split("|")[3:]))
            assert len(said) >= 4
            assert [
                number
                for number in said
                if number not in COUNTS and not any(rounded(n, number) == number for n in found)
            ] == []


def rounded(number: str, like: str) -> str:
    """The number with as many decimals as the other has."""
    return f"{float(number):.{len(like.partition('.')[2])}f}"


NUMBER = re.compile(r"\d+(?:\.\d+)?")
COUNTS = ("80", "200", "20", "30")
"""Of instances, jobs and tasks."""


def test_a_page_takes_cells_of_tables_and_refuses_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "small.md").write_text(
        "# Small\n\n## Mean\n\n| method | samples | a | b |\n| --- | ---: | ---: | ---: |\n| spt | 1 | 3.0 | 4.0 |\n"
        "\n## Most\n\n| method | a |\n| --- | ---: |\n| spt | 9.0 |\n"
    )
    where = Path("jobshop.md")
    assert cell(tmp_path, "small|spt|1|b", where) == "4.0"
    assert cell(tmp_path, "small|spt|1|a .. b", where) == "3.0 | 4.0"
    assert cell(tmp_path, "small#Most|spt|a", where) == "9.0"
    for place, sentence in (
        ("small|spt|2|b", r"jobshop\.md: .* names no row of small\.md: the nearest is 'spt\|1'"),
        ("small|spt|1|c", r"names no column of small\.md: there are method, samples, a, b"),
        ("small#Least|spt|a", "names no row of small"),
    ):
        with pytest.raises(ValueError, match=sentence):
            cell(tmp_path, place, where)


def test_the_page_of_all_results_asks_for_cells_that_its_tables_have_once_they_are_made() -> None:
    places = PLACE.findall((TEMPLATES / "results.md").read_text(encoding="utf-8"))
    assert len(places) > 50
    for place in places:
        table, row, columns = place.split("|")
        name, _, heading = table.partition("#")
        problem, _, title = name.partition("/")
        made = parts(problem).tables.TABLES[title]
        assert isinstance(made, EqualTime) and row in made.sets, place
        known = {ADVICE: list(map(column, made.budgets)), LEADS: ["dispatching", "search"]}[heading]
        assert all(one in known for one in columns.split(" .. ")), place


def test_a_section_of_the_front_page_follows_that_of_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "# Results\n\n## Which\nThis: [all](README.md), [it](https://x.org).\n\n## Others\nMore.\n"
    front = "# It\n\n## Which\nOld.\n\nOlder.\n\n## Code\nHere.\n"
    said = "## Which\nThis: [all](results/README.md), [it](https://x.org).\n\n"
    assert with_section(front, "Which", page, "results") == f"# It\n\n{said}## Code\nHere.\n"
    assert with_section("# It\n", "Which", page, "results") == "# It\n"
    (tmp_path / "README.md").write_text(front)
    (tmp_path / "results").mkdir()
    monkeypatch.setattr("experiments.kinds.page.TEMPLATES", tmp_path)
    (tmp_path / "all.md").write_text(page.partition("\n\n")[2])
    Page("Results", template="all", front="Which").make("", tmp_path / "results/README", "x")
    assert (tmp_path / "results/README.md").read_text().startswith("# Results\n\n## Which\nThis: [all](README.md)")
    assert (tmp_path / "README.md").read_text() == f"# It\n\n{said}## Code\nHere.\n"


def test_the_front_page_says_which_method_to_take_as_the_results_do() -> None:
    page, front = (ROOT / "results/README.md"), (ROOT / "README.md").read_text(encoding="utf-8")
    if page.exists():
        assert with_section(front, "Which method to take", page.read_text(encoding="utf-8"), "results") == front
        assert "## Which method to take\n" in front
