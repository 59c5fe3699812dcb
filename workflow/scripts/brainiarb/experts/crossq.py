"""CrossQ (Bhatt et al. 2024): SAC with batch-normalised critics and no target networks.

It needs about a tenth of SAC's updates. The algorithm is sb3-contrib's; what is here folds its
batch normalisation into the linear layers, so that the archive opens as a plain SAC.
"""

import sb3_contrib
import torch
from sb3_contrib.common.torch_layers import BatchRenorm1d
from torch import Tensor, nn


def fold_batch_norm(network: nn.Module) -> list[tuple[Tensor, Tensor]]:
    """Return weight (out, in) and bias (out,) of each linear layer, with the norm before it folded in.

    In evaluation a norm is y = g x + c with g = scale / sqrt(variance + eps) and
    c = bias - g mean; hence W y + b = (W g) x + (b + W c), exactly. A norm behind the last linear
    layer is an error: fold it with the layers that read it.
    """
    folded: list[tuple[Tensor, Tensor]] = []
    norm: tuple[Tensor, Tensor] | None = None
    for module in network.modules():
        if isinstance(module, BatchRenorm1d):
            gain = module.scale / torch.sqrt(module.ra_var + module.eps)  # type: ignore[operator]
            norm = gain.detach().double(), (module.bias - gain * module.ra_mean).detach().double()
        elif isinstance(module, nn.Linear):
            weight, bias = module.weight.detach().double(), module.bias.detach().double()
            if norm is not None:
                bias = bias + weight @ norm[1]
                weight = weight * norm[0]
                norm = None
            folded.append((weight.float(), bias.float()))
    if norm is not None:
        raise ValueError("the network ends in a batch norm: no linear layer is left to fold it into")
    return folded


def plain_layers(model: sb3_contrib.CrossQ) -> tuple[list[tuple[Tensor, Tensor]], ...]:
    """Return the folded layers of the actor (trunk, mean, log-std) and of each critic."""
    trunk = model.actor.latent_pi
    mean = fold_batch_norm(nn.Sequential(*trunk, model.actor.mu))
    log_std = fold_batch_norm(nn.Sequential(*trunk, model.actor.log_std))
    return [*mean, log_std[-1]], *(fold_batch_norm(q) for q in model.critic.q_networks)
