#!/bin/sh
# Gives a host what a run of Ansible needs, and nothing where it is there: run over SSH as `sh -s -- <mirror>`, as root.
set -eu
mirror=$1
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
umask 022
mkdir -p /var/lib/deevnet/baseline
chmod 700 /var/lib/deevnet /var/lib/deevnet/baseline

# One at a time: a run that lost its connection may still install. The kernel lets go of the lock with the process.
exec 9< /var/lib/deevnet
flock -w 300 9 || { echo "another run has been installing packages for 5 minutes: see 'ps' on the host" >&2; exit 1; }

fail() {
    tail -n 15 "$log" >&2
    echo "$1" >&2
    exit 1
}

# Of a run that was killed.
rm -rf /run/deevnet-bootstrap.*
missing=
for package in sudo ansible-core python3-apt; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

work=$(mktemp -d /run/deevnet-bootstrap.XXXXXX)
log=$work/log
trap 'rm -rf "$work"' EXIT
# apt and the packages' scripts leave files where they are killed: on a tmpfs, below what is removed.
export TMPDIR="$work"
# A run that was interrupted may have left packages half installed.
dpkg --configure -a > "$log" 2>&1 || fail "dpkg --configure -a failed: repair the packages on the host, then run again"
# The mirror alone: a fresh node's own sources name the enterprise repository, which refuses without a subscription.
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# From Debian 13 on a source names its keyring.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ "$suite" = bookworm ] || [ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
echo "deb $signed$mirror $suite main" > "$work/sources.list"
mkdir -p "$work/lists/partial"
apt() {
    apt-get -q -y -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists" \
        -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -o Acquire::http::Timeout=30 \
        -o Dpkg::Options::=--force-confold "$@" 9<&- >> "$log" 2>&1
}
apt -o APT::Update::Error-Mode=any update || fail "the packages of $mirror cannot be listed: check the host's network, resolver and packages.mirror"
# shellcheck disable=SC2086
apt install --no-install-recommends $missing || fail "$missing cannot be installed from $mirror"
