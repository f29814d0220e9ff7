"""The checks of `makegood doctor`, a module for each part of a deployment."""
