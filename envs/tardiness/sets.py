"""The instances of the literature by name, their best known values, and random ones by size."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from envs.core.downloads import DataError, fetch
from envs.core.sources import RandomSizes
from envs.core.text import choose, size_range
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.published import Published, read_numpy, read_orlib


class Collection(NamedTuple):
    """A published file: `instances` of `jobs` each, called PREFIX-1, PREFIX-2, ... in the file's order."""

    prefix: str
    jobs: int
    instances: int
    file: str
    values: str = ""
    """The file of the best known values, where they stand in one of their own."""
    unproved: tuple[int, ...] = ()
    """Numbers of the instances whose value is not known to be optimal."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all instances."""
        return tuple(f"{self.prefix}-{number}" for number in range(1, self.instances + 1))


_PAPER_500 = "discover/data_500_200.npy"
FAMILIES = {
    "discover": (
        Collection("discover20", 20, 800, "discover/data_20_800.npy"),
        Collection("discover100", 100, 200, "discover/data_100_200.npy"),
        Collection("discover200", 200, 200, "discover/data_200_200.npy"),
        Collection("discover500", 500, 200, _PAPER_500),
    ),
    "discover-published": (Collection("published500", 500, 200, _PAPER_500),),
    "discover-normal": (Collection("normal20", 20, 800, "discover/data_20_800_normal_solved.npy"),),
    "wt40": (Collection("wt40", 40, 125, "orlib/wt40.txt", "orlib/wtopt40.txt", (19,)),),
    "wt50": (
        Collection("wt50", 50, 125, "orlib/wt50.txt", "orlib/wtopt50.txt", (11, 12, 14, 19, 36, 44, 66, 87, 88, 111)),
    ),
    "wt100": (Collection("wt100", 100, 125, "orlib/wt100.txt", "orlib/wtbest100b.txt", tuple(range(1, 126))),),
}
"""Name of each set to its files.

* `discover`: the test instances of arXiv 2510.24013, total tardiness. Those of 20 jobs are not those of
  its Table 2, of which 680 optima are above 0 instead of 669: these are probably in data_20_800_new_.npy, which
  is not listed for want of a copy to take its checksum from. The 500-job optima are published in another order than the
  instances, see `_in_order`; `discover-published` has the same instances with the values as published.
* `discover-normal`: processing times from N(60, 20). The instances with one below 1 are left out: dominance rules and
  the exact solver's decomposition do not hold for them.
* `wt40`, `wt50`, `wt100`: OR-Library's, total weighted tardiness. What is unproved is so according to its authors
  (Crauwels, Potts and Van Wassenhove 1998).
"""

SETS = {
    family: tuple(name for collection in collections for name in collection.names)
    for family, collections in FAMILIES.items()
}
"""Name of each set to the names of its instances."""

_SIZES = {
    name: str(collection.jobs) for family in FAMILIES.values() for collection in family for name in collection.names
}

PUBLISHED = "published500"
"""What the instances of `discover-published` are called."""

_COLLECTIONS = {collection.prefix: collection for collections in FAMILIES.values() for collection in collections}


def load_set(text: str) -> list[TardinessInstance]:
    """The instances of a set ("discover"), of one size in a set ("discover:20"), or of one name ("wt40-1").

    Their files come from `fetch`. Raises ValueError for an unknown name or size, or an instance that cannot be played.
    """
    chosen = choose(text, SETS, _SIZES, "instances")
    playable = chosen if len(chosen) == 1 else [name for name in chosen if _published(name).processing.min() > 0]
    return [_instance(name) for name in playable]


def reference(instance: TardinessInstance) -> tuple[int, str]:
    """The smallest known value and its kind: "optimal", "best-known", "published", or "lower-bound".

    The numbers decide, whatever the instance is called. But "published" are the values of `discover-published`, some of
    which no schedule has: they are for its instances under its names.
    """
    known = _known(instance.jobs, as_published=_parts(instance.name)[0] == PUBLISHED)
    return known.get(instance.identity) or (instance.lower_bound(), "lower-bound")


@cache
def _known(jobs: int, as_published: bool) -> dict[str, tuple[int, str]]:
    """Value and kind of the published instances of so many jobs, by identity, as far as their files are at hand."""
    known = {}
    for collection in _COLLECTIONS.values():
        if collection.jobs == jobs and (collection.prefix == PUBLISHED) == as_published:
            with suppress(DataError):  # an instance of a file that is not here is somebody's own
                for number, found in enumerate(_read(collection, download=False), 1):
                    if found.processing.min() > 0:
                        proved = "best-known" if number in collection.unproved else "optimal"
                        numbers = TardinessInstance(found.processing, found.due, found.weight)
                        known[numbers.identity] = found.value, "published" if as_published else proved
    return known


def _published(name: str) -> Published:
    """What the file of its collection says of an instance."""
    prefix, number = _parts(name)
    return _read(_COLLECTIONS[prefix])[number - 1]


def _instance(name: str) -> TardinessInstance:
    found = _published(name)
    try:
        return TardinessInstance(found.processing, found.due, found.weight, name=name)
    except ValueError as error:
        raise ValueError(f"{name} cannot be played: {error}") from None


def _parts(name: str) -> tuple[str, int]:
    prefix, _, number = name.rpartition("-")
    return (prefix, int(number)) if re.fullmatch("[1-9][0-9]{0,3}", number) else ("", 0)


@cache
def _read(collection: Collection, download: bool = True) -> tuple[Published, ...]:
    path = fetch(f"tardiness/{collection.file}", download)
    if collection.values:
        found = read_orlib(path, fetch(f"tardiness/{collection.values}", download), collection.jobs)
    else:
        found = read_numpy(path)
    if len(found) != collection.instances or any(len(one.due) != collection.jobs for one in found):
        raise ValueError(f"{path}: these are not {collection.instances} instances of {collection.jobs} jobs")
    return tuple(_in_order(found) if collection.prefix == "discover500" else found)


def _in_order(found: list[Published]) -> list[Published]:
    """The paper's 500-job instances with the values that belong to them.

    In each class of ten, instances stand in alphabetical order (1, 10, 2, ..., 9), but values by number (1 to 10).
    Taken as published, rules land below the "optimum" of 63 of the 200 instances. Taken like this, the exact solver
    (`baselines.tardiness.exact`) returns the value of each of the 200.
    """
    by_name = (0, 9, 1, 2, 3, 4, 5, 6, 7, 8)
    values = [found[10 * (index // 10) + by_name[index % 10]].value for index in range(len(found))]
    return [one._replace(value=value) for one, value in zip(found, values, strict=True)]


def random_source(text: str) -> RandomSizes[TardinessInstance]:
    """What follows "random:": one number of jobs, "20", or the smallest and the largest, "20..100"."""
    return RandomSizes(TardinessInstance.generate, *size_range(text, "instances", "JOBS", "20, or a range, 20..100"))
