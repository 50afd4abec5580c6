"""Verification: are intervals, p-values and verdicts as reliable as claimed? Simulations with a known truth."""
