"""Finding the caps of the capped rules: `python -m baselines.blocking_jobshop.caps` prints them.

Mean makespans on validation instances, of each rule with each cap, as multiples of the lower bound.
"""

from statistics import fmean

from baselines.blocking_jobshop.rules import PLAIN, capped
from baselines.play import objectives, rule_scores
from envs.blocking_jobshop.env import BlockingJobShop
from envs.core.datasets import resolve

SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
VALIDATION = ("random:10x10:50:901", "random:15x15:50:901", "random:15x5:50:901")


def means() -> dict[str, dict[float, float]]:
    """By rule and cap, as a share of the machines."""
    problem = BlockingJobShop(view="events", scheme="all", lookahead="none")
    instances = [resolve(BlockingJobShop, text) for text in VALIDATION]

    def mean(name: str, share: float) -> float:
        scores = rule_scores(capped(PLAIN[name], share))
        ratios = [
            objectives(problem, some, scores) / [instance.lower_bound() for instance in some] for some in instances
        ]
        return fmean(float(ratio.mean()) for ratio in ratios)

    return {name: {share: mean(name, share) for share in SHARES} for name in PLAIN}


if __name__ == "__main__":
    for rule, by_share in means().items():
        best = min(by_share, key=lambda share: by_share[share])
        listed = ", ".join(f"{share:g}: {value:.3f}" for share, value in by_share.items())
        print(f"{rule}: {best:g} M of {listed}")
