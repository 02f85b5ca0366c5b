#!/bin/sh
# Tells what only the host itself knows, one key=value a line, reading only. Run over SSH as `sh -s -- <bridge> <storage>`.
LC_ALL=C
export LC_ALL
bridge=$1
storage=$2
. /etc/os-release 2>/dev/null
echo "hostname=$(uname -n)"
echo "system=${ID:-unknown} ${VERSION_ID:-unknown}"
echo "pve=$(pveversion 2>/dev/null | sed -n 's|^pve-manager/\([^/ ]*\).*|\1|p')"
[ -e /etc/pve/corosync.conf ] && echo "clustered=yes" || echo "clustered=no"
echo "memory=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
echo "threads=$(grep -c '^processor' /proc/cpuinfo)"
echo "virtualisation=$(sed -n 's/^flags.*[[:space:]]\(vmx\|svm\)\([[:space:]].*\)\{0,1\}$/\1/p' /proc/cpuinfo | head -n 1)"
# Sectors of 512 bytes, whatever the disk's own are.
total=0
for disk in /sys/block/sd* /sys/block/nvme* /sys/block/vd*; do
    [ "$(cat "$disk/removable" 2>/dev/null)" = 0 ] && total=$((total + $(cat "$disk/size")))
done
echo "disks=$total"
echo "datastore=$(pvesm status --storage "$storage" 2>/dev/null | awk 'NR == 2 { print $3 }')"
[ -d "/sys/class/net/$bridge/bridge" ] && echo "bridge=yes" || echo "bridge=no"
# Speed in Mbit/s of the fastest port of the bridge that is a NIC; a VM's port has no speed of its own.
speed=0
for port in "/sys/class/net/$bridge/brif"/*; do
    now=$(cat "/sys/class/net/${port##*/}/speed" 2>/dev/null) && [ "${now:-0}" -gt "$speed" ] && speed=$now
done
echo "nic=$speed"
echo "end=yes"
