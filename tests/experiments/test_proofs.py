"""The table of what a solver proves."""

from pathlib import Path

from experiments.kinds.proofs import Proofs


def test_proofs_are_counted_and_rows_are_kept(tmp_path: Path) -> None:
    table = Proofs("Small proofs", ("ft06", "random:3x3:2:0"), "cp_sat", 60, "A note.")
    table.make("jobshop", tmp_path / "proofs", "the command")
    text, rows = (tmp_path / "proofs.md").read_text(), (tmp_path / "proofs.csv").read_text()
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert lines[2][:7] == ["ft06", "1", "1", "100.0", "1", "0", "0"]
    assert lines[3][:4] == ["random:3x3:2:0", "2", "2", "100.0"]
    assert "A note. Commit" in text and "made by `the command`" in text and ",optimal,55,55," in rows
    assert ",6x6,55,optimal," in (tmp_path / "proofs.instances.csv").read_text()
    table.make("jobshop", tmp_path / "proofs", "the command")
    assert (tmp_path / "proofs.csv").read_text() == rows
