"""A script beside another project's packages is told that they come before ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("file", ["envs/__init__.py", "envs.py", "envs/mine.py"])
@pytest.mark.parametrize("script", ["import baselines", "import agents", "from experiments import cli"])
def test_a_script_beside_its_own_envs_gets_the_sentence(tmp_path, file, script):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("")
    (tmp_path / "script.py").write_text(script)
    shown = _run(tmp_path, "script.py")
    if file == "envs/mine.py":  # a folder without __init__.py comes before nothing
        assert not shown.returncode
        return
    found = tmp_path / file.removesuffix("/__init__.py")
    sentence = (
        f"DispatchGym needs its own package envs, {ROOT / 'envs'}, but {found} comes before it: rename that, or run"
    )
    assert shown.returncode and sentence in shown.stderr.splitlines()[-1]
    assert not _run(tmp_path, "-P", "script.py").returncode


def test_a_command_in_such_a_folder_says_nothing_else(tmp_path):
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "__init__.py").write_text("")
    shown = _run(tmp_path, "-m", "experiments.evaluate", "jobshop")
    assert shown.returncode == 1 and shown.stderr.startswith("error: DispatchGym needs its own package envs")
    assert len(shown.stderr.splitlines()) == 1
