"""Settings of every test: a made-up deployment, never the caller's AWS account."""

from makegood_simulator.cloud import use_environment

use_environment()

pytest_plugins = ["support.deployment"]
