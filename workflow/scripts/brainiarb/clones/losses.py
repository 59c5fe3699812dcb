"""What clones minimise: functions of K clones' heads and the labels, one loss per clone.

All take `mean` and `log_std` (K, n, a), the heads before tanh and clamp, and `labels` (K, n, a) in
[-1, 1], and return (K,), so that the gradient of the sum trains each clone as if it were alone.

| name      | trunk and mean head                      | log_std head                              |
|-----------|------------------------------------------|-------------------------------------------|
| `mse_nll` | mean squared error of tanh(mean)         | likelihood, trunk and residual detached   |
| `nll`     | likelihood of the squashed Gaussian      | the same                                  |
| `mse`     | mean squared error of tanh(mean)         | not trained                               |
| `paper`   | squared error of a sample + 0.001 entropy| the same                                  |

Training asks for the gradient too, a `LossAndSlope`: written out for `mse_nll`, the default, whose
graph would take longer to build and to walk than its few operations; by autograd for the others.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from brainiarb.actors.layers import LOG_2PI, LOG_STD_MAX, LOG_STD_MIN

LOSSES = ("mse_nll", "nll", "mse", "paper")
LABEL_BOUND = 1 - 1e-4  # atanh of a clipped label of +-1 would be infinite
ENTROPY_WEIGHT = 0.001  # of the study

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""mean, log_std and labels (K, n, a) -> one loss per clone (K,)."""

LossAndSlope = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Heads (K, n, 2a), mean beside log_std, and labels (K, n, a) -> one loss per clone (K,) and the
gradient (K, n, 2a) of their sum for the heads."""


def mse(mean: Tensor, _log_std: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of the mean action."""
    return (torch.tanh(mean) - labels).square().mean(dim=(1, 2))


def nll(
    mean: Tensor, log_std: Tensor, labels: Tensor, log_std_floor: float, detach: bool = False
) -> Tensor:
    """Negative log-likelihood of the labels per action dimension, up to a constant.

    The Gaussian of u = atanh(label); the change of variables does not depend on the parameters.
    `log_std_floor` bounds the log standard deviation from below, so that labels without noise do
    not drive it to minus infinity. With `detach` the mean gets no gradient.
    """
    u = torch.atanh(labels.clamp(-LABEL_BOUND, LABEL_BOUND))
    residual = u - mean
    if detach:
        residual = residual.detach()
    log_std = log_std.clamp(log_std_floor, LOG_STD_MAX)
    scaled = residual * torch.exp(-log_std)
    return (0.5 * (scaled.square() + LOG_2PI) + log_std).mean(dim=(1, 2))


def mse_nll(mean: Tensor, log_std: Tensor, labels: Tensor, log_std_floor: float) -> Tensor:
    """Squared error for the mean plus likelihood for the spread, which do not disturb each other.

    The gradient for `log_std` must not be passed on to the trunk.
    """
    return mse(mean, log_std, labels) + nll(mean, log_std, labels, log_std_floor, detach=True)


def paper(mean: Tensor, log_std: Tensor, labels: Tensor, noise: Tensor) -> Tensor:
    """The study's own loss: squared error of a reparameterised sample plus 0.001 x entropy.

    The sign of the second term makes training reduce the entropy; `noise` (K, n, a) is standard
    normal. Kept to reproduce the study, not recommended.
    """
    log_std = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
    action = torch.tanh(mean + log_std.exp() * noise)
    log_prob = -0.5 * (noise.square() + LOG_2PI) - log_std - torch.log(1 - action.square() + 1e-6)
    entropy = -log_prob.sum(dim=2).mean(dim=1)
    return (action - labels).square().mean(dim=(1, 2)) + ENTROPY_WEIGHT * entropy


def with_slope(loss: Loss) -> LossAndSlope:
    """Return a loss together with its gradient, by autograd."""

    def loss_and_slope(heads: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        heads = heads.detach().requires_grad_()
        mean, log_std = heads.chunk(2, dim=2)
        losses = loss(mean, log_std, labels)
        (slope,) = torch.autograd.grad(losses.sum(), heads)
        return losses.detach(), slope

    return loss_and_slope


@torch.no_grad()
def mse_nll_with_slope(
    heads: Tensor, labels: Tensor, log_std_floor: float
) -> tuple[Tensor, Tensor]:
    """Return `mse_nll` and its gradient for the heads, as a `LossAndSlope`."""
    mean, raw_log_std = heads.chunk(2, dim=2)
    entries = labels[0].numel()
    action = torch.tanh(mean)
    error = action - labels
    log_std = raw_log_std.clamp(log_std_floor, LOG_STD_MAX)
    u = torch.atanh(labels.clamp(-LABEL_BOUND, LABEL_BOUND))
    squares = ((u - mean) * torch.exp(-log_std)).square_()

    likelihood = torch.add(log_std, squares, alpha=0.5) + 0.5 * LOG_2PI
    losses = torch.addcmul(likelihood, error, error).mean(dim=(1, 2))

    slope = torch.empty_like(heads)
    for_mean, for_log_std = slope.chunk(2, dim=2)
    torch.mul(error, 1 - action.square(), out=for_mean).mul_(2 / entries)
    # Where the clamp cuts, the loss does not depend on the head.
    torch.mul(1 - squares, raw_log_std == log_std, out=for_log_std).div_(entries)
    return losses, slope
