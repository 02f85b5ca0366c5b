/** Files that make the host the node that the stack file of dvntm declares, by path; a test changes what it is about. */
export const NODE_FILES: Readonly<Record<string, string>> = {
    "etc/hostname": "pve2\n",
    "etc/lab/cpuinfo": Array.from({ length: 8 }, (_, n) => `processor\t: ${n}\nflags\t\t: fpu vmx sse\n\n`).join(""),
    "etc/lab/meminfo": "MemTotal:       32719204 kB\nMemFree:        28000000 kB\nMemAvailable:   29000000 kB\n",
    "sys/block/nvme0n1/size": "1953525168\n",
    "sys/block/nvme0n1/removable": "0\n",
    "sys/class/net/eno1/speed": "1000\n",
    "sys/class/net/vmbr0/bridge/vlan_filtering": "0\n",
    "sys/class/net/vmbr0/brif/eno1/state": "3\n",
    "etc/apt/sources.list.d/pve-enterprise.list":
        "deb https://enterprise.proxmox.com/debian/pve bookworm pve-enterprise\n",
    "etc/apt/sources.list.d/ceph.list": "deb https://enterprise.proxmox.com/debian/ceph-quincy bookworm enterprise\n",
};

/** Files that say which Debian it is, after an upgrade in place. */
export const FILES_OF_DEBIAN_13: Readonly<Record<string, string>> = {
    "usr/lib/os-release":
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\n' +
        "VERSION_CODENAME=trixie\nID=debian\n",
    "etc/debian_version": "13.2\n",
};

/** Package sources of PVE 9 on Debian 13, which are in deb822 form, by path. */
export const SOURCES_OF_PVE_9: Readonly<Record<string, string>> = {
    "etc/apt/sources.list.d/debian.sources":
        "Types: deb\nURIs: http://deb.debian.org/debian/\nSuites: trixie trixie-updates\nComponents: main contrib\n" +
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    "etc/apt/sources.list.d/pve-enterprise.sources":
        "Types: deb\nURIs: https://enterprise.proxmox.com/debian/pve\nSuites: trixie\nComponents: pve-enterprise\n" +
        "Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\n",
};
