"""The router's own name."""

HOSTNAME, DOMAIN = 'core-rt02', 'dvntm.deevnet.net'
