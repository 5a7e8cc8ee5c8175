"""The half that rules are measured on: whoever tunes them does not read it."""
