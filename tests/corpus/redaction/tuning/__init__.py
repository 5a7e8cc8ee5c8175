"""The half that rules may be tuned to."""
