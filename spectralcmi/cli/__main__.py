"""The command line as `python -m spectralcmi.cli`."""

import sys

from spectralcmi.cli import main

sys.exit(main())
