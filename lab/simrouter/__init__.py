"""A simulated OPNsense 26.7 router: the API endpoints that tenants need, set up as core-rt02 of substrate dvntm."""
