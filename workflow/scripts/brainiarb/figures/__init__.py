"""Figures: tables in, a drawing and its numbers out; no analysis and no test is made here.

A module is a figure if it declares TABLES at its top. Its `draw(tables, settings)` returns
the figure and the table of the numbers on it. All declarations are described in
workflow/rules/declarations.smk, and the rules follow from them. The other modules are shared by
figures: their look (`style`), their inputs, means with intervals, a panel by noise level, and the
film.
"""
