"""Gait: the steady walk of an agent, its cycles, strides and spectra."""
