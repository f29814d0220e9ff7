"""What tests share: a deployment in process, events as AWS sends them, a small fixed cast."""
