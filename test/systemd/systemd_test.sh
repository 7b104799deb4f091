#!/usr/bin/env bash
# keavrfd as a service of a real systemd: unit and programs as `cmake --install` puts them in place, a real VRF, a real
# Kea and a real client. All of it in a guest kernel (tools/vrf-guest), where systemd is PID 1 of a PID namespace with a
# cgroup tree of its own. What is checked stands in checks.sh, which that systemd runs as another service.
set -euo pipefail
exec </dev/null

usage()
{
    cat <<'USAGE'
usage: test/systemd/systemd_test.sh FOLDER

FOLDER is where keavrfd was built (build/release); what is installed from there is tested. Needs root, systemd,
user-mode-linux, cmake, busybox and Kea. Exit status 77: no guest kernel runs on this machine, whatever is in it.
USAGE
}

[[ $# == 1 && -x $1/bin/keavrfd && -x $1/bin/keavrfctl ]] || { usage >&2 && exit 2; }
[[ $EUID == 0 ]] || { echo "systemd_test: needs root" >&2 && exit 1; }
build=$(realpath "$1")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
systemd=/lib/systemd/systemd

if [[ ${KEAVRF_SYSTEMD_TEST:-} != guest ]]; then
    for program in "$systemd" systemctl systemd-analyze journalctl linux.uml cmake busybox kea-dhcp4 ip; do
        command -v "$program" >/dev/null || { echo "systemd_test: $program is missing" >&2 && exit 1; }
    done
    # Here, since programs take long in the guest, which copies what was installed.
    installed=$build/systemd-test
    trap 'rm -rf "$installed"' EXIT
    log=$(DESTDIR=$installed cmake --install "$build" --prefix /usr --strip) || { echo "$log" >&2 && exit 1; }
    guest=$here/../../tools/vrf-guest code=0
    KEAVRF_SYSTEMD_TEST=guest "$guest" --timeout 480 -- "$here/systemd_test.sh" "$build" || code=$?
    if ((code != 0)) && ! "$guest" --timeout 60 -- true; then
        echo "systemd_test: skipped: no guest kernel runs here" >&2
        exit 77
    fi
    exit "$code"
fi

# From here on in the guest.
scratch=/run/systemd-test
units=$scratch/units
mkdir -p "$units/sysinit.target.wants"
cp -a --no-preserve=ownership "$build/systemd-test/." /

# What keavrfd's unit and a journal need is all that can be started: this machine's own services are no business of the
# test's.
mount -t tmpfs tmpfs /etc/systemd/system
for unit in sysinit.target basic.target sockets.target network-pre.target shutdown.target systemd-journald.service \
    systemd-journald.socket systemd-journald-dev-log.socket keavrfd.service; do
    ln -s "/usr/lib/systemd/system/$unit" "$units/"
done
ln -s ../systemd-journald.service "$units/sysinit.target.wants/"
# systemd ends when these have ended, with their exit status.
cat >"$units/checks.service" <<UNIT
[Unit]
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=$here/checks.sh
Environment=SCRATCH=$scratch
StandardOutput=file:/run/guest-stdout
StandardError=file:/run/guest-stderr
UNIT
# Mounts are shared, as systemd has them where it is not in a container.
# shellcheck disable=SC2016 # the inner shell's own arguments
SYSTEMD_UNIT_PATH=/etc/systemd/system:$units container=guest \
    exec unshare --pid --fork --kill-child --mount --mount-proc --cgroup -- sh -c \
    'mount --make-rshared / && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$0" "$@"' \
    "$systemd" --system --unit=checks.service --log-target=journal-or-kmsg --show-status=no
