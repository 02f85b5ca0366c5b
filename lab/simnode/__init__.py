"""A simulated PVE 8.4 node: fakepve with the gaps closed that the project's provider meets."""
