"""BRAINIARB: does the clone of a walking agent think and move like the original?"""
