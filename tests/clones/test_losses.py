"""The losses of cloning: written-out gradients are those of autograd, clones do not mix."""

from functools import partial

import torch

from brainiarb.clones.losses import mse_nll, mse_nll_with_slope, with_slope
from small_clones import ACTIONS, CLONES


def test_the_default_loss_knows_its_slope_where_bounds_cut_the_spread_and_the_label():
    torch.manual_seed(0)
    heads = 8 * torch.randn(CLONES, 500, 2 * ACTIONS, dtype=torch.float64)
    labels = (1.5 * torch.randn(CLONES, 500, ACTIONS, dtype=torch.float64)).clamp(-1, 1)
    log_std = heads[..., ACTIONS:]
    assert all(cut.any() for cut in (log_std < -5, log_std > 2, labels.abs() == 1))
    expected = with_slope(partial(mse_nll, log_std_floor=-5.0))(heads, labels)
    torch.testing.assert_close(mse_nll_with_slope(heads, labels, log_std_floor=-5.0), expected)
