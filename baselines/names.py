"""Whether a name means our package: another project's `envs/` beside a script comes before it."""

from importlib.util import find_spec
from pathlib import Path


def check_ours(*packages: str) -> None:
    """ImportError of one sentence where one of these packages is not found beside this one."""
    home = Path(__file__).resolve().parents[1]
    for name in packages:
        spec = find_spec(name)
        found = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []
        if not found or Path(found[0]).resolve().parent != home:
            where = f"{found[0]} comes before it" if found else "it is not there"
            remedy = f"rename that, or run python -P, which does not look beside the script, with {home} in PYTHONPATH"
            raise ImportError(f"DispatchGym needs its own package {name}, {home / name}, but {where}: {remedy}.")
