#!/usr/bin/env bash
# keavrfd as the entrypoint of a container: PID 1 of it, by podman and runc, with real Kea and a real client. Everything
# is in namespaces of this test's own, and the image is made of this machine's files, since none can be pulled.
set -euo pipefail
exec </dev/null

usage()
{
    cat <<'USAGE'
usage: test/container/container_test.sh FOLDER

FOLDER holds keavrfd and keavrfctl (build/release/bin). Needs root, podman, runc, busybox and Kea. Exit status 77: podman
runs no container on this machine, whatever is in it.
USAGE
}

[[ $# == 1 && -x $1/keavrfd && -x $1/keavrfctl ]] || { usage >&2 && exit 2; }
[[ $EUID == 0 ]] || { echo "container_test: needs root" >&2 && exit 1; }
for program in podman runc busybox kea-dhcp4 ip; do
    command -v "$program" >/dev/null || { echo "container_test: $program is missing" >&2 && exit 1; }
done

# A machine of its own: what podman and keavrfd leave behind is seen in it, and goes with it.
if [[ ${KEAVRF_CONTAINER_TEST:-} != inside ]]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    KEAVRF_CONTAINER_TEST=inside KEAVRF_CONTAINER_SCRATCH=$scratch \
        unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc -- "$0" "$@"
    exit
fi

binaries=$1
scratch=$KEAVRF_CONTAINER_SCRATCH
mount -t tmpfs none "$scratch"
mount -t tmpfs none /run
mkdir -p /run/netns "$scratch"/{image,conf,leases}
checks=0

fail()
{
    printf 'not ok: %s\n' "$*" >&2
    container logs keavrfd 2>&1 | tail -n 40 >&2 || true
    exit 1
}
ok()
{
    checks=$((checks + 1))
    printf 'ok %d - %s\n' "$checks" "$*"
}
# vfs: an overlay on an overlay is not mounted everywhere.
container()
{
    podman --root "$scratch/root" --runroot "$scratch/runroot" --tmpdir "$scratch/tmp" --storage-driver vfs \
        --cgroup-manager cgroupfs --events-backend none --log-level error "$@"
}
eventually()
{
    local deadline=$((SECONDS + 20))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# What keavrfd and Kea need, and busybox to look around: the programs, their libraries, the users.
make_image()
{
    local root=$scratch/image file
    mkdir -p "$root"/{etc/keavrfd,usr/sbin,usr/bin,run,tmp,proc,sys,dev,var/lib,var/log,var/run}
    cp /etc/passwd /etc/group /etc/nsswitch.conf "$root/etc/"
    install -t "$root/usr/sbin" --strip "$binaries/keavrfd" "$binaries/keavrfctl"
    install -t "$root/usr/sbin" "$(command -v kea-dhcp4)" "$(command -v kea-lfc)"
    install -t "$root/usr/bin" "$(command -v busybox)"
    ln -s usr/bin "$root/bin"
    ln -s usr/lib "$root/lib"
    ln -s usr/lib64 "$root/lib64"
    ln -s busybox "$root/usr/bin/sh"
    for file in $(ldd "$root"/usr/sbin/* "$root"/usr/bin/busybox | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\s*\(\/lib64[^ ]*\).*/\1/p' | sort -u); do
        # What the loader finds below /lib is below /usr/lib in the image too, whose /lib is a link.
        install -D "$file" "$root/usr/${file#/usr/}" 2>/dev/null || install -D "$file" "$root/usr$file"
    done
    tar -C "$root" -c . | container import --change 'ENTRYPOINT ["/usr/sbin/keavrfd"]' --change 'STOPSIGNAL SIGTERM' \
        - keavrfd >"$scratch/import.log" 2>&1 || { cat "$scratch/import.log" >&2 && fail "the image cannot be made"; }
}

configure()
{
    cat >"$scratch/conf/keavrfd.yaml" <<YAML
vrfs:
  red:
    device: none
    interfaces: [eth1]
    dhcp4:
      option-data: [{name: domain-name, data: $1}]
YAML
}

make_tenant()
{
    ip link set lo up
    ip netns add tenant
    ip link add eth1 type veth peer name eth0 netns tenant
    ip addr add 192.168.1.1/24 dev eth1
    ip link set eth1 up
    ip -n tenant link set eth0 up
}

cat >"$scratch/lease.sh" <<'SCRIPT'
#!/bin/sh
[ "$1" = bound ] && echo "$ip $domain"
exit 0
SCRIPT
chmod +x "$scratch/lease.sh"
acquire() { ip netns exec tenant busybox udhcpc -f -q -n -t 10 -T 1 -i eth0 -s "$scratch/lease.sh" 2>/dev/null; }

inside() { container exec keavrfd "$@"; }
serving() { [[ $(inside keavrfctl status --json) == *'"state":"serving"'* ]]; }
# Where keavrfd stands in the test's own PID namespace.
main_pid() { container inspect --format '{{.State.Pid}}' keavrfd; }
zombies() { grep -l '^State:	Z' /proc/[0-9]*/status 2>/dev/null; }
no_zombie() { ! zombies; }
no_kea() { ! pgrep -x kea-dhcp4; }
links() { ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort | tr '\n' ' '; }

make_image
# Where podman cannot run anything at all (no cgroups, no mounts), nothing is learnt about keavrfd.
if ! container run --rm --runtime runc --privileged --network host --entrypoint /usr/bin/busybox keavrfd true \
    >"$scratch/probe.log" 2>&1; then
    cat "$scratch/probe.log" >&2
    echo "container_test: skipped: podman runs no container here" >&2
    exit 77
fi
make_tenant
before=$(links)
configure first.example
container run -d --name keavrfd --runtime runc --privileged --network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
    -v "$scratch/conf:/etc/keavrfd:ro" -v "$scratch/leases:/var/lib/keavrfd" keavrfd -c /etc/keavrfd/keavrfd.yaml >/dev/null ||
    fail "podman does not run the container"
eventually serving || fail "keavrfd does not serve in the container"
[[ $(inside busybox cat /proc/1/comm) == keavrfd ]] || fail "keavrfd is not PID 1"
ok "keavrfd is PID 1 and serves"

lease=$(acquire) || fail "a client gets no address"
[[ $lease == 192.168.1.*first.example ]] || fail "the client got: $lease"
ok "a client has ${lease%% *}"

# Its parent ends at once, so that PID 1 inherits it and has to reap it.
inside busybox sh -c '(busybox sleep 0.3; exit 3) & exit 0'
orphan_gone() { ! pgrep -f 'busybox sleep 0.3'; }
eventually orphan_gone || fail "the orphan does not end"
eventually no_zombie || fail "an orphan is not reaped: $(zombies)"
ok "an orphan is reaped"

configure second.example
container kill --signal HUP keavrfd >/dev/null
changed() { [[ $(acquire) == *second.example ]]; }
eventually changed || fail "SIGHUP does not apply the edited file"
ok "SIGHUP applies the edited file"

container kill --signal KILL keavrfd >/dev/null
eventually no_kea || fail "a Kea outlives its container"
[[ -n $(find "$scratch/root/vfs/dir" -path '*/run/keavrfd/*' -name instance.json) ]] || fail "the killed container left no files"
container start keavrfd >/dev/null
eventually serving || fail "it does not start over the files that a killed container left"
own=$(ip netns exec tenant cat /sys/class/net/eth0/address)
become() { ip -n tenant link set dev eth0 address "$1"; }
become 02:00:00:00:00:77
other=$(acquire) || fail "another client gets no address after the restart"
[[ ${other%% *} != "${lease%% *}" ]] || fail "another client got the first one's ${lease%% *}"
become "$own"
again=$(acquire) || fail "the client gets no address after the restart"
[[ ${again%% *} == "${lease%% *}" ]] || fail "the client had ${lease%% *} and got $again"
ok "a killed container starts again, and knows its lease"

# Whoever stops its children one by one is killed by Docker after ten seconds. Two are promised, podman's own work included.
began=$(date +%s%N)
container stop --time 10 keavrfd >/dev/null
took=$((($(date +%s%N) - began) / 1000000))
code=$(container inspect --format '{{.State.ExitCode}}' keavrfd)
[[ $code == 0 ]] || fail "keavrfd ended with status $code"
((took < 2000)) || fail "stopping took $took ms"
no_kea || fail "a Kea is left"
[[ $(links) == "$before" ]] || fail "links are left: $(links) (before: $before)"
ok "SIGTERM ends it with status 0 within two seconds, and nothing is left"

container rm keavrfd >/dev/null
printf '%d checks passed\n' "$checks"
