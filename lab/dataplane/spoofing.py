"""Attempts to pass for somebody else: a raw frame sent from one VM, and who gets it."""
