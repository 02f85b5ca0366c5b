"""A simulated Proxmox VE 8.4.1 node: fakepve (PyPI) with its gaps closed, set up as hv02 of substrate dvntm."""
