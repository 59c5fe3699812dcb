"""Rollouts: what agents do, recorded step by step, undisturbed and disturbed."""
