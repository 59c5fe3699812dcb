"""The losses of cloning: functions of the heads of K clones and of the labels.

Each takes `mean` and `log_std` (K, n, a), which are the heads before tanh and clamp, and `labels`
(K, n, a) in [-1, 1]. It returns one loss per clone (K), so that the gradient of their sum trains
each clone as if it were alone.

| name      | trunk and mean head                      | log_std head                              |
|-----------|------------------------------------------|-------------------------------------------|
| `mse_nll` | mean squared error of tanh(mean)         | likelihood, trunk and residual detached   |
| `nll`     | likelihood of the squashed Gaussian      | the same                                  |
| `mse`     | mean squared error of tanh(mean)         | not trained                               |
| `paper`   | squared error of a sample + 0.001 entropy| the same                                  |

Training also needs the gradient, a `LossAndSlope`. For the default `mse_nll` it is written out,
because building a graph takes longer than the few operations; for the others autograd computes it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from brainiarb.actors.layers import LOG_2PI, LOG_STD_MAX, LOG_STD_MIN

LOSSES = ("mse_nll", "nll", "mse", "paper")
LABEL_BOUND = 1 - 1e-4  # labels are clipped to it, because atanh of +-1 is infinite
ENTROPY_WEIGHT = 0.001  # the weight in the study

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""mean, log_std and labels (K, n, a) -> one loss per clone (K)."""

LossAndSlope = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Heads (K, n, 2a), the mean beside log_std, and labels (K, n, a) -> one loss per clone (K), and
the gradient (K, n, 2a) of their sum with respect to the heads."""


def mse(mean: Tensor, _log_std: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared error of the mean action."""
    return (torch.tanh(mean) - labels).square().mean(dim=(1, 2))


def nll(
    mean: Tensor, log_std: Tensor, labels: Tensor, log_std_floor: float, detach: bool = False
) -> Tensor:
    """Return the negative log-likelihood of the labels per action dimension, up to a constant.

    It is the Gaussian density of u = atanh(label). The change of variables does not depend on the
    parameters, so it is left out. `log_std_floor` bounds the log standard deviation from below;
    otherwise labels without noise would drive it to minus infinity. With `detach` the mean gets no
    gradient.
    """
    u = torch.atanh(labels.clamp(-LABEL_BOUND, LABEL_BOUND))
    residual = u - mean
    if detach:
        residual = residual.detach()
    log_std = log_std.clamp(log_std_floor, LOG_STD_MAX)
    scaled = residual * torch.exp(-log_std)
    return (0.5 * (scaled.square() + LOG_2PI) + log_std).mean(dim=(1, 2))


def mse_nll(mean: Tensor, log_std: Tensor, labels: Tensor, log_std_floor: float) -> Tensor:
    """Return the squared error of the mean plus the likelihood of the spread.

    The two do not disturb each other, as long as the gradient for `log_std` does not reach the
    trunk.
    """
    return mse(mean, log_std, labels) + nll(mean, log_std, labels, log_std_floor, detach=True)


def paper(mean: Tensor, log_std: Tensor, labels: Tensor, noise: Tensor) -> Tensor:
    """Return the loss of the study: squared error of a reparameterised sample + 0.001 x entropy.

    The sign of the second term makes training reduce the entropy. `noise` (K, n, a) is standard
    normal. This loss reproduces the study and is not recommended.
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
    # The loss does not depend on a head that the clamp cuts.
    torch.mul(1 - squares, raw_log_std == log_std, out=for_log_std).div_(entries)
    return losses, slope
