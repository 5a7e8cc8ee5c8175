"""The held-out part: nobody who tunes rules reads it, and whoever wrote it had not seen the rules."""
