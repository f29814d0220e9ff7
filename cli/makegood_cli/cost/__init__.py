"""What a deployment costs: a dated price list, measured requests, and the arithmetic between them."""
