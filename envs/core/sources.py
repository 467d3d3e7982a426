"""Where an environment takes its instances from: a list, or draws by a law, which never end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np

from envs.core.instance import Instance
from envs.core.text import InstanceSize

I_co = TypeVar("I_co", bound=Instance, covariant=True)


class Source(ABC, Generic[I_co]):
    """Where an environment takes its next instance from."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The elementwise largest `Instance.shape` that `sample` returns."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> I_co:
        """The next instance: all luck comes from `rng`."""


class FixedSource(Source[I_co]):
    """A list of instances, from which each sample is drawn uniformly."""

    def __init__(self, instances: Sequence[I_co]) -> None:
        if not instances:
            raise ValueError("a source needs at least one instance")
        self.instances = tuple(instances)
        dimensions = zip(*(instance.shape for instance in self.instances), strict=True)
        self._shape = tuple(max(dimension) for dimension in dimensions)

    @property
    def shape(self) -> tuple[int, ...]:
        """The elementwise largest shape of the instances."""
        return self._shape

    def sample(self, rng: np.random.Generator) -> I_co:
        """One of the instances, each with the same probability."""
        return self.instances[int(rng.random() * len(self.instances))]


class RandomSizes(Source[I_co]):
    """Endless instances by a law; each dimension of their size is uniform between those of two sizes."""

    def __init__(
        self,
        generate: Callable[..., I_co],
        smallest: InstanceSize,
        largest: InstanceSize,
        shape: Callable[..., tuple[int, ...]] | None = None,
    ) -> None:
        """generate: (rng, *size) -> instance. shape: (*size) -> `Instance.shape`, the size itself unless given."""
        self.smallest, self.largest = smallest, largest
        self._generate, self._shape = generate, shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the largest instance."""
        return self._shape(*self.largest) if self._shape else self.largest

    def sample(self, rng: np.random.Generator) -> I_co:
        """An instance of its own size; where only one size is possible, no number is spent on it."""
        size = [
            low + int(rng.random() * (high - low + 1)) if low < high else low
            for low, high in zip(self.smallest, self.largest, strict=True)
        ]
        return self._generate(rng, *size)
