"""A data plane on one machine: real switch, DHCP, DNS and packet filter, from what node and router hold."""
