"""Figures: tables in, a drawing and its numbers out; nothing is computed here.

Each module has `draw(tables, settings)`, which returns the figure and the table of what it shows.
"""
