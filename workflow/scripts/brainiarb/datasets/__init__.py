"""Data sets that other libraries read and write, and the scale on which they report returns."""
