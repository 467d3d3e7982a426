"""Operations on ragged rows agree with loops over the segments."""

import pytest
import torch

from agents.segments import Segments, ragged_index

LENGTHS = torch.tensor([3, 0, 1, 4, 0])


@pytest.fixture
def rows() -> torch.Tensor:
    return torch.randn(int(LENGTHS.sum()))


def parts(rows: torch.Tensor) -> list[torch.Tensor]:
    return list(rows.split(LENGTHS.tolist()))


def test_log_softmax_and_entropy_are_torch_s_within_each_segment(rows: torch.Tensor) -> None:
    segments = Segments.of(LENGTHS)
    log_probs = segments.log_softmax(rows)
    expected = [part.log_softmax(0) for part in parts(rows)]
    assert torch.allclose(log_probs, torch.cat(expected))
    entropy = torch.stack([-(part * part.exp()).sum() for part in expected])
    assert torch.allclose(segments.entropy(log_probs), entropy)


def test_gradients_of_log_softmax_are_torch_s(rows: torch.Tensor) -> None:
    ours, theirs = rows.clone().requires_grad_(), rows.clone().requires_grad_()
    weights = torch.arange(len(rows)).float()
    (Segments.of(LENGTHS).log_softmax(ours) * weights).sum().backward()
    (torch.cat([part.log_softmax(0) for part in parts(theirs)]) * weights).sum().backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)  # type: ignore[arg-type]


def test_means_of_empty_segments_are_zero() -> None:
    rows = torch.randn(int(LENGTHS.sum()), 3)
    expected = [part.mean(0) if len(part) else torch.zeros(3) for part in parts(rows)]
    assert torch.allclose(Segments.of(LENGTHS).mean(rows), torch.stack(expected))


def test_argmax_takes_the_first_of_equals_and_minus_one_where_nothing_is() -> None:
    rows = torch.tensor([1.0, 2.0, 2.0, 5.0, 0.0, 3.0, 3.0, -1.0])
    assert Segments.of(LENGTHS).argmax(rows).tolist() == [1, -1, 3, 5, -1]


def test_samples_come_from_the_softmax_of_their_segment() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0]).repeat(4000)
    drawn = Segments.of(torch.full((4000,), 3)).sample(logits) % 3
    shares = torch.bincount(drawn, minlength=3) / 4000
    assert torch.allclose(shares, torch.tensor([0.0, 1.0, 2.0]).softmax(0), atol=0.03)


def test_selected_segments_keep_their_rows(rows: torch.Tensor) -> None:
    chosen = torch.tensor([3, 0, 3, 1])
    segments, numbers = Segments.of(LENGTHS).select(chosen)
    assert segments.lengths.tolist() == [4, 3, 4, 0]
    assert torch.equal(rows[numbers], torch.cat([parts(rows)[i] for i in chosen.tolist()]))


def test_ragged_index_counts_within_each_block() -> None:
    assert ragged_index(torch.tensor([5, 0, 9]), torch.tensor([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
