"""Experts: learning to walk by online reinforcement learning, and the archives that hold them."""
