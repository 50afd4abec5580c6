"""``python -m seqdo`` is the command ``seqdo``."""

from seqdo.cli import main

if __name__ == "__main__":
    main()
