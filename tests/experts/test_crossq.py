"""CrossQ: the policy that acts is the policy that learns."""

import torch

from brainiarb.actors.gradients import apply_layers, stack_actor
from brainiarb.experts.crossq import CrossQ
from builders import learner


def test_the_acting_networks_equal_the_learning_networks_with_their_norms_folded_in():
    model = learner(CrossQ)
    before = model.actor.mu.weight.clone()
    model.train(6, 32)
    assert not torch.equal(model.actor.mu.weight, before)
    observations = torch.randn(50, 17)
    features = model.actor.latent_pi(observations)
    heads = torch.cat([model.actor.mu(features), model.actor.log_std(features)], dim=1)
    folded = stack_actor(learner(CrossQ).actor).networks
    model._normed_actor.fold_into(folded)
    torch.testing.assert_close(heads, apply_layers(folded[0], observations), atol=1e-5, rtol=0)
