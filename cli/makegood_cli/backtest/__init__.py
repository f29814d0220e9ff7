"""What terms would have cost in past months, or may cost in made-up ones."""
