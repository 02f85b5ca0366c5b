#!/bin/sh
# Starts Chromium in the root file system BROWSER_ROOT, as if it were a program of this machine: run in namespaces of its own,
# it mounts what a running system has, and the folder BROWSER_PAGES, read-only, as /tmp/pages. It has no network at all. The
# browser's own sandbox is off, since it is root here; nothing but pages of these tests is ever shown in it.
set -eu
if [ "${BROWSER_INSIDE:-}" != yes ]; then
    export BROWSER_INSIDE=yes
    exec unshare --mount --pid --ipc --net --fork --kill-child --propagation private "$0" "$@"
fi
mount --bind "$BROWSER_ROOT" "$BROWSER_ROOT"
cd "$BROWSER_ROOT"
mount -t proc proc proc
mount -t tmpfs tmpfs tmp
mkdir tmp/pages tmp/home
mount --bind "$BROWSER_PAGES" tmp/pages
mount -o remount,bind,ro tmp/pages
mount -t tmpfs -o mode=755 tmpfs dev
for device in "null 3" "zero 5" "full 7" "random 8" "urandom 9"; do
    mknod -m 666 "dev/${device% *}" c 1 "${device#* }"
done
mkdir dev/shm
mount -t tmpfs tmpfs dev/shm
ln -s /proc/self/fd dev/fd
exec chroot . /usr/bin/env -i HOME=/tmp/home PATH=/usr/bin:/bin LC_ALL=C.UTF-8 /usr/bin/chromium-headless-shell "$@"
