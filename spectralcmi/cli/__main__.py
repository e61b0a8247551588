"""The command line as `python -m spectralcmi.cli`."""

from __future__ import annotations

import sys

from spectralcmi.cli import main

sys.exit(main())
