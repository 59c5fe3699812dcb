"""Bodies: the walking machines of the study, their models, and many copies stepped together."""
