"""The least that a step of the job shop could be: what the speed of the whole one is compared with."""

import numpy as np
from numba import njit

from envs.core.vector import DispatchVectorEnv
from envs.jobshop.env import JobShop
from envs.jobshop.kernel import candidates, dispatch


def bare_step(env: DispatchVectorEnv, _actions: np.ndarray) -> None:
    """Random dispatches without masks and candidate features; the actions are not looked at."""
    assert isinstance(env.problem, JobShop)
    _dispatch_random(env.state, env.observation, env.outcome.terminated, env.problem.kernel_options)
    if env.outcome.terminated.any():
        env.reset(options={"reset_mask": env.outcome.terminated.copy()})


@njit(nogil=True, error_model="numpy")
def _dispatch_random(state, observation, terminated, options):
    for b in range(terminated.size):
        shop = state.shop[b]
        dispatch(state, observation, b, state.legal[b, np.random.randint(shop.candidates)])  # noqa: NPY002 (compiled)
        candidates(state, b, options.scheme)
        while options.skip_forced and shop.candidates == 1:
            dispatch(state, observation, b, state.legal[b, 0])
            candidates(state, b, options.scheme)
        terminated[b] = shop.remaining == 0
