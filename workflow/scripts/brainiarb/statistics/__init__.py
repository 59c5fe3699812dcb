"""Statistics: one form for the number of an agent, and the questions asked of these numbers."""
