"""Activity: what every layer of every network computes, and its dynamics."""
