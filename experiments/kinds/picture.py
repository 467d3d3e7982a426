"""Schedules of an agent and of a solver: a picture of one instance."""

from dataclasses import dataclass
from pathlib import Path

from envs import load_problem
from envs.core.files import write_text
from experiments.evaluate import Evaluate, evaluate, rule_defaults
from experiments.kinds.comparison import Agents
from experiments.train import ensure


@dataclass(frozen=True)
class Picture:
    """The schedules that an agent and a solver make of one instance."""

    title: str
    instance: str
    methods: tuple[str, ...]
    agents: Agents
    """The first of its runs is drawn."""
    seconds: float = 10.0

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write PATH.png, and PATH.md that shows it."""
        problem_class = load_problem(problem)
        methods = (str(ensure(self.agents.runs[0], problem_class(**self.agents.options))), *self.methods)
        asked = Evaluate((self.instance,), methods, seconds=self.seconds, gantt=path.with_suffix(".png"))
        rows = evaluate(asked, problem_class(**rule_defaults(problem)))
        found = ", ".join(f"{Path(row['method']).name} {float(row['objective']):g}" for row in rows)
        text = (
            f"# {self.title}\n\n![{self.title}]({path.name}.png)\n\nObjectives: {found}; the reference is "
            f"{rows[0]['reference']} ({rows[0]['reference_kind']}). Commit {rows[0]['commit']}, {rows[0]['date']}, "
            f"made by `{command}`.\n"
        )
        write_text(path.with_suffix(".md"), text)
