"""Maps: postures laid out in the plane, their regions, and the paths of agents through them."""
