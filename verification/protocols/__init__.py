"""One file for each subject; ``catalog.py`` lists the claims."""
