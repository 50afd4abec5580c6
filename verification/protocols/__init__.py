"""One file for each claim; the catalogue is in ``catalogue.py``."""
