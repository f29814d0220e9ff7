"""The functions as `sam build` makes them, run on this machine with the events of `events/`."""
