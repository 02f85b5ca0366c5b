"""What the lab's simulated machines share: how they start, where they listen, how they are steered, and their end."""

import os

# aiohttp has OpenSSL read every authority that the system trusts when it is loaded (aiohttp/connector.py), for clients, which no
# simulated machine is: an eighth of its start.
os.environ['SSL_CERT_FILE'] = os.environ['SSL_CERT_DIR'] = os.devnull
