"""Similarity: how alike two networks compute, and how alike they act."""
