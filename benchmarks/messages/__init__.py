"""How fast a line is kept and shown: the product and the reference, side by side in one run."""
