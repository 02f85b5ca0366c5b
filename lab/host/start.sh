#!/bin/sh
# Starts the lab host: run by unshare as the first process of namespaces of its own, it mounts the host's disk on the folder
# $1, with the arguments of mount that follow, and there what a running system has, and becomes sshd on 127.0.0.1, port $2.
set -eu
root=$1
port=$2
shift 2
mount "$@" "$root"
mount -t proc proc "$root/proc"
# Memory and CPU are those of the node that is played, not of this machine.
mount --bind "$root/etc/lab/cpuinfo" "$root/proc/cpuinfo"
mount --bind "$root/etc/lab/meminfo" "$root/proc/meminfo"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/sshd" "$root/run/lock"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
    mknod -m 666 "$root/dev/${device% *}" c 1 "${device#* }"
done
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for stream in "stdin 0" "stdout 1" "stderr 2"; do
    ln -s "/proc/self/fd/${stream#* }" "$root/dev/${stream% *}"
done
hostname "$(cat "$root/etc/hostname")"
exec chroot "$root" /usr/sbin/sshd -D -e -o "Port=$port" -o ListenAddress=127.0.0.1 -o UsePAM=no -o PidFile=none \
    -o LogLevel=VERBOSE -o PasswordAuthentication=no -o PermitRootLogin=prohibit-password \
    -o HostKey=/etc/ssh/ssh_host_ed25519_key
