"""`python -m spectralcmi`, the same as the command `spectralcmi`."""

import sys

from spectralcmi.cli import main

if __name__ == "__main__":
    sys.exit(main())
