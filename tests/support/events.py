from makegood_simulator.events import *  # noqa
