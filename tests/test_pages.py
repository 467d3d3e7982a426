"""Pages for people: what they link to exists, what they show runs, and their numbers are those of the tables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT)
    for folder in ("", "envs", "agents", "experiments", "results")
    for path in (ROOT / folder).glob("*.md" if not folder else "**/*.md")
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
