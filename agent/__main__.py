"""Starts the agent: `python3 agent` in a checkout, `python3 makegood_agent.pyz` once packed."""

import sys

from makegood_agent.main import main

sys.exit(main())
