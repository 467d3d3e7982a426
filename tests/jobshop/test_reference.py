"""The kernel against a slow reference that works everything out from nothing, on arbitrary shops and arbitrary play."""

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.core.spec import Feature, Observation, Spec
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.env import LOOKAHEADS, SCHEMES, JobShop
from envs.jobshop.features import SPEC
from envs.jobshop.instance import JobShopInstance
from tests.jobshop.reference import ReferenceShop
from tests.jobshop.shops import shops

EXAMPLES = 150 if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0") else 30


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    instance=shops(most_jobs=5),
    scheme=st.sampled_from(SCHEMES),
    skip_forced=st.booleans(),
    lookahead=st.sampled_from(LOOKAHEADS),
    data=st.data(),
)
def test_every_decision_of_any_play_equals_the_reference(
    instance: JobShopInstance, scheme: str, skip_forced: bool, lookahead: str, data: st.DataObject
) -> None:
    shop = ReferenceShop(instance, scheme, skip_forced)
    problem = JobShop(scheme=scheme, skip_forced=skip_forced, lookahead=lookahead)
    env = DispatchVectorEnv(problem, 1, [instance], copy=False, autoreset=False)
    _, info = env.reset()
    assert info["elapsed"][0] == shop.time()
    rewarded = first_bound(instance)
    while env.running[0]:
        compare(env.observation, env.problem.spec, shop, lookahead)
        assert env.objective[0] == shop.bound()
        time = shop.time()
        job = data.draw(st.sampled_from(shop.candidates()))
        _, reward, _, _, info = env.step(np.array([job]))
        shop.step(job)
        np.testing.assert_allclose(reward[0] * shop.mean, rewarded - shop.bound(), rtol=1e-6)
        assert info["elapsed"][0] == shop.time() - time
        rewarded = shop.bound()
    compare(env.observation, env.problem.spec, shop, lookahead)
    assert not shop.left() and env.objective[0] == shop.bound()


def compare(observation: Observation, spec: Spec, shop: ReferenceShop, lookahead: str) -> None:
    """Every array of the observation with what the reference says."""
    candidates = shop.candidates()
    names = ["clock", *["operation"] * len(shop.operations), *["machine"] * len(shop.machines)]
    assert observation.node_type[0].tolist() == [SPEC.node_types.index(name) for name in names]
    close(observation.node_features[0], SPEC.node_features, shop.node_features())
    close(observation.node_state[0], SPEC.node_state, shop.node_state())
    assert observation.action_mask[0].nonzero()[0].tolist() == candidates
    features = [shop.candidate_features(job, lookahead) if job in candidates else {} for job in range(len(shop.jobs))]
    close(observation.candidate_features[0], spec.candidate_features, features)
    unfinished = shop.unfinished()
    nodes = [1 + shop.operations.index(shop.next(job)) if job in unfinished else 0 for job in range(len(shop.jobs))]
    assert observation.candidates[0].tolist() == [[node, node] for node in nodes]
    dispatch = SPEC.candidate_types.index("dispatch")
    assert observation.candidate_type[0].tolist() == [dispatch if node else -1 for node in nodes]

    real = observation.edge_type[0] >= 0
    source, target = observation.edges[0][:, real].tolist()
    types = [SPEC.edge_types[edge_type] for edge_type in observation.edge_type[0, real]]
    edges = dict(zip(zip(source, target, types, strict=True), observation.edge_features[0, real, 0], strict=True))
    expected = shop.edges()
    assert edges.keys() == expected.keys() and real.sum() == len(edges)
    np.testing.assert_allclose([edges[edge] for edge in expected], list(expected.values()), rtol=1e-6)


def close(array: np.ndarray, columns: tuple[Feature, ...], rows: list[dict[str, float]]) -> None:
    """Each named value of each row, and zero where a row has no such value."""
    names = [column.name for column in columns]
    assert {name for row in rows for name in row} <= set(names)
    for index, name in enumerate(names):
        expected = [row.get(name, 0.0) for row in rows]
        np.testing.assert_allclose(array[:, index], expected, rtol=1e-6, atol=1e-9, err_msg=name)


def first_bound(instance: JobShopInstance) -> int:
    """The longest job or the busiest machine: where the sum of the rewards starts from, forced moves included."""
    jobs = [sum(duration for _, duration in job) for job in instance.to_jobs()]
    return max(*jobs, *np.bincount(instance.machine, weights=instance.duration).astype(int).tolist())
