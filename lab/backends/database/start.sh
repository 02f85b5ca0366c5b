#!/bin/sh
# Runs a program of PostgreSQL 15: started by unshare as the first process of namespaces of its own, it puts the folder $2
# into the root file system $1 as /mnt and runs the rest of its arguments there as the user postgres.
set -eu
root=$1
folder=$2
shift 2
mount --bind "$folder" "$root/mnt"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=777 tmpfs "$root/run"
exec chroot --userspec=postgres:postgres "$root" "$@"
