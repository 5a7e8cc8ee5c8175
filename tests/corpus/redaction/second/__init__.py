"""The second part that rules may be tuned to; the first held-out part, until it was used up."""
