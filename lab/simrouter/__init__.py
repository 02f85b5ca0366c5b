"""A simulated OPNsense router, 26.7 or an older one: the API endpoints that tenants need, set up for one site."""
