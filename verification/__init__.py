"""Is what seqdo says as sure as it says? Simulations of known truth, through the product's own code."""
