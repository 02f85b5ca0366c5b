"""What the project's API token may do: a role for PVE 8.4 as data, with the paths that it is granted on.

A token is privilege-separated: it may do what both its user and itself are granted, so both get every line.
"""

USER = 'deevnet@pve'
TOKEN = 'deevnet@pve!pulumi'

# path -> privileges. Each is asked for by the API call named beside it (qemu-server and pve-access-control, 8.4).
GRANTS = {
    '/vms': (
        'VM.Allocate',          # DELETE qemu/{vmid}, POST clone to a new VMID
        'VM.Clone',             # POST qemu/{template}/clone
        'VM.Audit',             # GET config and status; without it a VM looks deleted
        'VM.Config.CPU',        # PUT config: cores, sockets, cpu
        'VM.Config.Memory',     # PUT config: memory, balloon
        'VM.Config.Disk',       # PUT config: scsi0; PUT resize
        'VM.Config.Network',    # PUT config: net0; the VM's firewall
        'VM.Config.Options',    # PUT config: name, description, tags, agent, onboot, boot order
        'VM.Config.HWType',     # PUT config: scsihw, ostype, vga
        'VM.Config.Cloudinit',  # PUT config: ipconfig0, searchdomain, ciupgrade
        'VM.Config.CDROM',      # PUT config: the cloud-init drive
        'VM.PowerMgmt',         # POST status/start, stop, shutdown
        'VM.Monitor',           # GET agent/network-get-interfaces (8.4; VM.GuestAgent.Audit on 9)
    ),
    '/storage': (
        'Datastore.AllocateSpace',  # a clone's disks
        'Datastore.Audit',          # GET storage status
    ),
    '/pool': (
        'Pool.Allocate',  # POST, PUT and DELETE pools
        'Pool.Audit',     # GET pools
    ),
    '/sdn/zones': (
        'SDN.Use',  # a NIC on a bridge, with or without a VLAN tag
    ),
    '/nodes': (
        'Sys.Audit',  # GET nodes/{node}/status and network, tasks of the token
    ),
}

# The schema that fakepve checks permissions with is PVE 9's: what it asks for, and what 8.4 asks for instead.
PVE9_TO_PVE8 = {
    'VM.GuestAgent.Audit': 'VM.Monitor',
    'VM.GuestAgent.FileRead': 'VM.Monitor',
    'VM.GuestAgent.FileWrite': 'VM.Monitor',
    'VM.GuestAgent.FileSystemMgmt': 'VM.Monitor',
    'VM.GuestAgent.Unrestricted': 'VM.Monitor',
}


def grant_to(node):
    """Give the token and its user the role on every path."""
    for path, privileges in GRANTS.items():
        for who in (USER, TOKEN):
            node.grant(who, path, *privileges)
