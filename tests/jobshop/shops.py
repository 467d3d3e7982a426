"""What several tests of the job shop need: arbitrary small shops, and schedules made in the plainest way."""

from hypothesis import strategies as st

from envs.jobshop.instance import JobShopInstance


@st.composite
def shops(draw: st.DrawFn, most_jobs: int = 4, most_operations: int = 4, longest: int = 20) -> JobShopInstance:
    """Shops with jobs of any length that may visit a machine more than once; durations may be 0."""
    machines = draw(st.integers(1, 4))
    operation = st.tuples(st.integers(0, machines - 1), st.integers(0, longest))
    job = st.lists(operation, min_size=1, max_size=most_operations)
    jobs = draw(st.lists(job, min_size=1, max_size=most_jobs))
    return JobShopInstance.from_jobs(jobs, "drawn", machines)


@st.composite
def schedules(draw: st.DrawFn, instance: JobShopInstance) -> list[list[int]]:
    """Feasible rows of `verify.COLUMNS`: the operations in any order that the jobs allow, each as early as it can."""
    jobs = instance.to_jobs()
    order = draw(st.permutations([job for job, operations in enumerate(jobs) for _ in operations]))
    return dispatch(instance, order)


def dispatch(instance: JobShopInstance, order: list[int]) -> list[list[int]]:
    """Append the next operation of each job in turn, as soon as the job and the machine are free."""
    jobs = instance.to_jobs()
    position, job_free, machine_free = [0] * len(jobs), [0] * len(jobs), [0] * instance.machines
    rows = []
    for job in order:
        machine, duration = jobs[job][position[job]]
        start = max(job_free[job], machine_free[machine])
        rows.append([job, position[job], machine, start, start + duration])
        job_free[job] = machine_free[machine] = start + duration
        position[job] += 1
    return rows
