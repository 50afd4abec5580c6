"""What other implementations say of small data sets, stored: R's printed figures, and those that make.py computes."""
