"""Stored results of other implementations for small data sets: printed figures of R and Stata, and computed figures."""
