#!/usr/bin/env bash
# Init of the guest kernel (tools/vrf-guest). Lies in the folder through which guest and host talk: `command`,
# `environment`, `shared`, `modules` come from the host, `status` goes back.
set -uo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
state=$(dirname "$0")

# Consoles 1 and 2 are the host's stdout and stderr; bytes pass as they are. The kernel itself speaks on console 0.
stdout=/dev/tty1
stderr=/dev/tty2
failed()
{
    echo "vrf-guest: in the guest: $1" >"$stderr"
    busybox poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
stty raw -echo <"$stdout"
stty raw -echo <"$stderr"

load() { modprobe --dirname "$state/modules" --all --quiet "$@"; }
load overlay || failed "cannot load the overlay module"
load veth vrf dummy macvlan ipvlan bridge 8021q bonding tun ifb tap nf_tables packet_diag af_packet_diag udp_diag unix_diag

# An overlay over the host's file system: the guest can write anywhere, the host's files stay as they are.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay overlay -o "lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work" "$root" || failed "cannot mount the overlay"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o ptmxmode=666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/lock" "$root/run/netns"
while read -r folder; do
    mkdir -p "$root$folder"
    mount -t hostfs -o "$folder" none "$root$folder"
done <"$state/shared"
mkdir -p "$root$state"
mount -t hostfs -o "$state" none "$root$state"

for name in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
    ln -sfn "/proc/self/${name#*:}" "$root/dev/${name%:*}"
done

# A new root, not a chroot: setns(2) into a mount namespace would leave a chroot.
if ! { cd "$root" && pivot_root . mnt && cd / && umount -l /mnt; }; then
    failed "cannot change the root"
fi
hostname keavrfd-guest
ip link set lo up

# Pipes, not the consoles themselves: a program must not take them for a terminal.
mkfifo /run/guest-stdout /run/guest-stderr
cat /run/guest-stdout >"$stdout" &
readers=($!)
cat /run/guest-stderr >"$stderr" &
readers+=($!)

(
    mapfile -d "" -t command <"$state/command"
    # shellcheck disable=SC1091
    source "$state/environment"
    cd "${command[0]}" && exec "${command[@]:1}"
) </dev/null >/run/guest-stdout 2>/run/guest-stderr
echo $? >"$state/status"
# A process that the program left behind may hold the pipes open: what it says later is not waited for.
(sleep 2 && kill "${readers[@]}") 2>/dev/null &
wait "${readers[@]}"
sync
busybox poweroff -f
