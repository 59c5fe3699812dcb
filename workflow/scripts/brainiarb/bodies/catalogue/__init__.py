"""The known bodies, one module for each; the name of the module is the name of the body."""
