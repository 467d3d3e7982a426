"""`GraphPolicy` for `sb3_contrib.MaskablePPO`, which asks for a policy class of its own; needs sb3-contrib."""

from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy

from agents.policy import GraphPolicy


class MaskableGraphPolicy(GraphPolicy, MaskableActorCriticPolicy):  # type: ignore[misc]
    """A `GraphPolicy` in every respect: masks given by the algorithm are joined with the observation's own."""
