"""Actors: the network that experts and clones share, its files and its gradients."""
