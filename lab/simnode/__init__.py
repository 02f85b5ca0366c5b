"""A simulated Proxmox VE node, 8.4.1 or 9.2.11: fakepve (PyPI) with its gaps closed, set up for one site."""
