"""Job shop instances: their law, Taillard's eighty, the bound, and what is refused."""

import re
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.jobshop import taillard
from envs.jobshop.instance import LARGEST, JobShopInstance
from tests.jobshop.shops import schedules, shops

TINY = [[(0, 3), (1, 2), (0, 0)], [(1, 4)]]


def test_the_arrays_of_a_shop_with_unequal_jobs_and_a_machine_visited_twice():
    shop = JobShopInstance.from_jobs(TINY, "tiny")
    assert shop.duration.tolist() == [3, 2, 0, 4]
    assert shop.machine.tolist() == [0, 1, 0, 1]
    assert shop.job_start.tolist() == [0, 3, 4]
    assert (shop.shape, shop.size, shop.name, shop.to_jobs()) == ((2, 2, 4), "2x2", "tiny", TINY)


def test_arrays_are_int64_copies_that_cannot_be_written():
    duration = np.array([1, 2], np.int32)
    shop = JobShopInstance(duration, np.array([0, 1]), np.array([0, 1, 2]), 2)
    duration[0] = 9
    assert shop.duration.tolist() == [1, 2]
    assert {shop.duration.dtype, shop.machine.dtype, shop.job_start.dtype} == {np.dtype(np.int64)}
    for array in (shop.duration, shop.machine, shop.job_start, JobShopInstance.generate(_rng(), 2, 2).machine):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_equality_and_fingerprint_see_every_number_but_not_the_name():
    shop = JobShopInstance.from_jobs(TINY, "tiny")
    assert shop == JobShopInstance.from_jobs(TINY, "other")
    assert shop.fingerprint == JobShopInstance.from_jobs(TINY, "other").fingerprint
    others = [
        JobShopInstance.from_jobs([[(0, 3), (1, 2), (0, 1)], [(1, 4)]]),
        JobShopInstance.from_jobs([[(0, 3), (1, 2), (1, 0)], [(1, 4)]]),
        JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(0, 0), (1, 4)]]),
        JobShopInstance.from_jobs(TINY, machines=3),
    ]
    assert len({shop, *others}) == len({item.fingerprint for item in [shop, *others]}) == 5
    assert all(0 <= item.fingerprint < 2**63 for item in others)


@pytest.mark.parametrize("operation", [(0,), (0, 1, 2)])
def test_an_operation_is_a_pair(operation: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"an operation is \(machine, duration\), not \(0,"):
        JobShopInstance.from_jobs([[operation]])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("duration", "machine", "job_start", "machines", "sentence"),
    [
        ([1, -3], [0, 1], [0, 2], 2, "job 0, operation 1: duration -3 is negative"),
        (
            [1, 2.5],
            [0, 1],
            [0, 1, 2],
            2,
            "job 1, operation 0: duration 2.5 is no whole number up to 9007199254740992",
        ),
        ([1, float("nan")], [0, 1], [0, 2], 2, "job 0, operation 1: duration nan is no whole number"),
        ([1, float("inf")], [0, 1], [0, 2], 2, "job 0, operation 1: duration inf is no whole number"),
        ([1, 2**64], [0, 1], [0, 2], 2, "job 0, operation 1: duration 18446744073709551616 is no whole number"),
        ([1, "2"], [0, 1], [0, 2], 2, "job 0, operation 0: duration 1 is no whole number"),
        ([1, 2], [0, 2], [0, 2], 2, "job 0, operation 1: machine 2 is out of range, they are 0 to 1"),
        ([1, 2], [-1, 1], [0, 2], 2, "job 0, operation 0: machine -1 is out of range"),
        ([1, 2], [0, 1], [0, 0, 2], 2, "job 0 has no operations: every job needs at least one"),
        ([1, 2], [0, 1], [0, 2, 2], 2, "job 1 has no operations"),
        ([], [], [0], 2, "the shop has no jobs"),
        ([1, 2], [0, 1], [1, 2], 2, "job_start begins with 1, but the first job begins at operation 0"),
        ([1, 2], [0], [0, 2], 2, "machine has 1 entries, but job_start counts 2 operations"),
        ([[1, 2]], [0, 1], [0, 2], 2, "duration has the shape (1, 2), but it is a list of whole numbers"),
        ([1, 2], [0, 0], [0, 2], 0, "the number of machines is 0, but it is between 1 and 1000000"),
        ([1, 2], [0, 0], [0, 2], 1.5, "the number of machines is 1.5, but"),
        ([LARGEST, 1], [0, 0], [0, 2], 1, "the durations sum to 9007199254740993, which is above"),
    ],
)
def test_a_shop_that_is_none_is_refused_with_a_sentence(duration, machine, job_start, machines, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        JobShopInstance(duration, machine, job_start, machines)


def test_random_shops_follow_taillards_law():
    shop = JobShopInstance.generate(_rng(), 200, 50, "drawn")
    assert (shop.size, shop.name, shop.machines) == ("200x50", "drawn", 50)
    assert (np.sort(shop.machine.reshape(200, 50)) == np.arange(50)).all()
    counts = np.bincount(shop.duration, minlength=101)
    assert counts[0] == counts[100] == 0
    assert counts[1:100].min() > 50 and counts[1:100].max() < 160  # 101 expected of each
    first = np.bincount(shop.machine[::50], minlength=50)
    assert first.max() < 16  # 4 expected on each machine


def test_the_same_seed_draws_the_same_shop_and_another_seed_another():
    assert JobShopInstance.generate(_rng(3), 6, 5) == JobShopInstance.generate(_rng(3), 6, 5)
    assert JobShopInstance.generate(_rng(3), 6, 5) != JobShopInstance.generate(_rng(4), 6, 5)


def test_what_is_drawn_passes_the_checks_that_drawing_skips():
    shop = JobShopInstance.generate(_rng(), 7, 3)
    again = JobShopInstance(shop.duration, shop.machine, shop.job_start, shop.machines)
    assert again == shop and again.fingerprint == shop.fingerprint


def test_a_shop_without_jobs_or_machines_cannot_be_drawn():
    for jobs, machines in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=f"a job shop of {jobs}x{machines} cannot be drawn"):
            JobShopInstance.generate(_rng(), jobs, machines)


def test_compiled_and_plain_python_draw_the_same_shop():
    uniform = _rng().random(2 * 12)
    compiled, plain = np.empty((2, 12), np.int64), np.empty((2, 12), np.int64)
    taillard.shop(uniform, 4, 3, compiled)
    getattr(taillard.shop, "py_func", taillard.shop)(uniform, 4, 3, plain)
    assert (compiled == plain).all()


def test_ta01_begins_as_taillard_printed_it():
    shop = JobShopInstance.taillard("ta01")
    assert shop.duration[:15].tolist() == [94, 66, 10, 53, 26, 15, 65, 82, 10, 27, 93, 92, 96, 70, 83]
    assert (shop.machine[:15] + 1).tolist() == [7, 13, 5, 8, 4, 3, 11, 12, 9, 15, 10, 14, 6, 1, 2]
    assert (shop.name, shop.size) == ("ta01", "15x15")


def test_all_eighty_of_taillards_shops_have_the_numbers_of_jsplib():
    digest = sha256()
    for name in taillard.seed_table():
        digest.update(repr(JobShopInstance.taillard(name).to_jobs()).encode())
    # computed from JSPLib's 80 files, of which test_sets.py compares each where they are at hand
    assert digest.hexdigest() == "c92fd7e22f0fdf715ad88cad3bbb4ec090865090ec7b24355b5a23c6c66383e0"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="'ta1' is none of Taillard's instances: the nearest are 'ta"):
        JobShopInstance.taillard("ta1")


def test_on_shops_with_many_jobs_the_bound_is_the_optimum():
    bounds = {name: JobShopInstance.taillard(name).lower_bound() for name in ("ta51", "ta61", "ta71", "ta80")}
    assert bounds == {"ta51": 2760, "ta61": 2868, "ta71": 5464, "ta80": 5183}  # the optima, as best_known.csv has them


def test_the_bound_of_a_machine_counts_what_must_come_before_and_after_it():
    shop = JobShopInstance.from_jobs([[(0, 2), (1, 5), (2, 9)], [(0, 4), (1, 5), (2, 3)], [(1, 5), (0, 1)]])
    assert shop.lower_bound() == max(2 + 5 + 9, 0 + 15 + 1, 7 + 12 + 0)  # the job, machine 1, machine 2


@given(st.data())
def test_no_schedule_is_below_the_bound(data: st.DataObject):
    shop = data.draw(shops())
    assert max(row[4] for row in data.draw(schedules(shop))) >= shop.lower_bound()


@given(shops())
def test_the_bound_equals_its_definition(shop: JobShopInstance):
    lengths = [sum(duration for _, duration in job) for job in shop.to_jobs()]
    bounds = list(lengths)
    for wanted in range(shop.machines):
        places = [(job, k) for job in shop.to_jobs() for k, (machine, _) in enumerate(job) if machine == wanted]
        if places:
            before = min(sum(duration for _, duration in job[:k]) for job, k in places)
            after = min(sum(duration for _, duration in job[k + 1 :]) for job, k in places)
            bounds.append(before + sum(job[k][1] for job, k in places) + after)
    assert shop.lower_bound() == max(bounds)


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)
