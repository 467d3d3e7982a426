"""What the kernels of all problems write observations with."""

from envs.core.compiled import fast


@fast
def soft(x):
    """A number of mean durations, squashed into (-1, 1); half way at 4."""
    return x / (4.0 + abs(x))


@fast
def blank(o, b):
    """Nothing but padding."""
    o.node_type[b, :] = -1
    o.node_features[b, :, :] = 0.0
    o.node_state[b, :, :] = 0.0
    o.edges[b, :, :] = 0
    o.edge_type[b, :] = -1
    o.edge_features[b, :, :] = 0.0
    o.candidates[b, :, :] = 0
    o.candidate_type[b, :] = -1
    o.candidate_features[b, :, :] = 0.0
    o.action_mask[b, :] = 0


@fast
def connect(o, b, e, source, target, edge_type, column, value):
    """Write edge e, whose one feature stands in this column; returns the place of the next."""
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = edge_type
    o.edge_features[b, e, column] = value
    return e + 1
