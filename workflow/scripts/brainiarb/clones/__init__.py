"""Clones: agents that are learnt offline from the demonstrations of an expert."""
