"""The page of archives that are compared without cloning: what stands on it beside `page_of`."""

LEFT_OUT = {
    "claims and statistics": "Every claim and every test is of clones.",
    "the noise series, noise axes and noise on demonstrations": "They are of demonstrations.",
    "stitched layers": "A layer of a clone is put into the expert that it was cloned from.",
    "robustness": "Pushes and friction are compared within one expert and its clones.",
    "rotations and decoding": "They are of one expert's walk beside its clones.",
    "maps as published": "The study published them of an expert and its clone.",
}
"""What a study without clones cannot have, and why."""
