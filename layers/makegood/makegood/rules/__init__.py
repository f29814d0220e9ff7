"""The rules: plain Python without AWS, environment, network or clock."""
