#!/usr/bin/env bash
# What systemd_test.sh has a real systemd run: keavrfd's unit, looked at with nothing but systemd's own tools, a client,
# and the system's tables. Few programs are started: each takes 30 ms and more in the guest.
set -euo pipefail

: "${SCRATCH:?started by systemd_test.sh}"
configuration=/etc/keavrfd/keavrfd.yaml
checks=0

fail()
{
    printf 'not ok: %s\n' "$*" >&2
    systemctl status --no-pager --full --lines 0 keavrfd >&2 || true
    journalctl --unit keavrfd --no-pager --output short-monotonic --lines 60 >&2 || true
    exit 1
}
ok()
{
    checks=$((checks + 1))
    printf 'ok %d - %s [%d s]\n' "$checks" "$*" "$SECONDS"
}
eventually()
{
    local deadline=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# One property; several, in systemd's own order.
property() { systemctl show --value --property "$1" keavrfd; }
state() { property ActiveState,SubState | tr '\n' ' '; }
in_state() { [[ $(state) == "$1 " ]]; }
journal() { journalctl --unit keavrfd --output cat --no-pager; }
journal_has() { journal | grep -F -- "$1" >/dev/null; }
keavrfd_pid() { property MainPID; }
# Not one that is asked for its version, or checks a file.
kea_pid() { pgrep -f '^/usr/sbin/kea-dhcp4 -c'; }
# systemctl's exit status tells whether the service runs.
status_tells() { { systemctl status --no-pager --full keavrfd || true; } | grep -F -- "$1" >/dev/null; }
serving() { [[ $(keavrfctl --json status) == *'"state":"serving"'* ]]; }
# Another keavrfd than that of this pid, and it is ready; by one question, since the answers change.
replaced()
{
    local told
    told=$(systemctl show --property ActiveState,SubState,MainPID keavrfd)
    [[ $told == *ActiveState=active* && $told == *SubState=running* && $told != *"MainPID=$1"* ]]
}

configure()
{
    cat >"$configuration" <<YAML
${2:-}
vrfs:
  vrf-red:
    dhcp4:
      option-data: [{name: domain-name, data: $1}]
YAML
}

make_tenant()
{
    ip link set lo up
    ip link add vrf-red type vrf table 1001
    ip link set vrf-red up
    ip netns add tenant
    ip link add eth1 type veth peer name eth0 netns tenant
    ip link set eth1 master vrf-red
    ip addr add 192.168.1.1/24 dev eth1
    ip link set eth1 up
    nsenter --net=/run/netns/tenant ip link set eth0 up
    cat >"$SCRATCH/lease.sh" <<'SCRIPT'
#!/bin/sh
[ "$1" = bound ] && echo "$ip $domain"
exit 0
SCRIPT
    chmod +x "$SCRATCH/lease.sh"
}
acquire()
{
    nsenter --net=/run/netns/tenant busybox udhcpc -f -q -n -t 10 -T 1 -i eth0 -s "$SCRATCH/lease.sh" 2>/dev/null
}
links() { ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort | tr '\n' ' '; }

the_unit_is_well_formed()
{
    local said
    said=$(systemd-analyze verify /usr/lib/systemd/system/keavrfd.service 2>&1) ||
        fail "systemd-analyze verify: $said"
    [[ -z $said ]] || fail "systemd-analyze verify: $said"
    said=$(systemd-analyze security --no-pager --threshold=55 keavrfd.service) || fail "systemd-analyze security: ${said##*→}"
    ok "verify finds nothing, security:${said##*→}"
}

it_is_active_when_all_serve()
{
    systemctl start keavrfd || fail "systemctl start fails"
    serving || fail "it is active before its VRF serves: $(keavrfctl status)"
    [[ $(acquire) == 192.168.1.*first.example ]] || fail "a client gets no address"
    ok "active once the VRF serves; a client has an address"
    status_tells 'Status: "serving 1 of 1 VRFs"' || fail "systemctl status does not count the VRFs"
    ok "systemctl status: serving 1 of 1 VRFs"
}

status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' '; }
# The scheduling policy: field 41 of stat, and no name here holds a blank.
policy_of() { cut -d ' ' -f 41 "/proc/$1/stat"; }
expect_status()
{
    local pid=$1 name value
    shift
    for name in "$@"; do
        value=${name#*=} name=${name%%=*}
        [[ $(status_of "$pid" "$name") == "$value" ]] || fail "$(<"/proc/$pid/comm"): $name is $(status_of "$pid" "$name"), not $value"
    done
}

it_runs_hardened()
{
    local keavrfd kea user process
    keavrfd=$(keavrfd_pid) kea=$(kea_pid) user=$(id -u _kea)
    # docs/architecture.md, "Security": what is left after the start.
    expect_status "$keavrfd" CapEff=00000000002834eb CapPrm=00000000002834eb CapBnd=00000000002834eb NoNewPrivs=1 Seccomp=2
    expect_status "$kea" "Uid=$user $user $user $user" CapEff=0000000000000400 CapPrm=0000000000000400 NoNewPrivs=1 Seccomp=2
    for process in "$keavrfd" "$kea"; do
        [[ $(policy_of "$process") == 3 ]] || fail "$(<"/proc/$process/comm") is not scheduled as SCHED_BATCH"
        [[ $(readlink "/proc/$process/ns/mnt") == "$(readlink /proc/1/ns/mnt)" ]] || fail "a mount namespace of its own"
    done
    [[ -e /run/netns/keavrf-hub && -e /run/netns/keavrf-vrf-red ]] || fail "the namespaces have no names outside"
    ok "capabilities, no_new_privs, system call filter, SCHED_BATCH; the host's mount namespace"
}

reload_says_whether_it_was_taken()
{
    local kea
    kea=$(kea_pid)
    configure second.example
    systemctl reload keavrfd || fail "systemctl reload refuses a good file"
    [[ $(acquire) == *second.example ]] || fail "the reload came back before the new configuration was in force"
    ok "systemctl reload ends when the new file is in force"
    configure third.example "bad-key: 1"
    ! systemctl reload keavrfd 2>/dev/null || fail "systemctl reload takes a bad file"
    in_state "active running" || fail "a refused reload ends the service"
    status_tells "serving 1 of 1 VRFs; the last reload was refused: $configuration:1:1: bad-key: " ||
        fail "the status is: $(property StatusText)"
    eventually journal_has "reload.error: $configuration:1:1: bad-key" || fail "the journal does not say why"
    [[ $(acquire) == *second.example ]] || fail "the configuration before is not in force"
    ok "systemctl reload fails on a bad file, the status says why, and it serves on"
    configure third.example "on-exit: keep"
    systemctl reload keavrfd || fail "systemctl reload refuses a good file after a bad one"
    [[ $(property StatusText) == "serving 1 of 1 VRFs" ]] || fail "the status after a good reload: $(property StatusText)"
    [[ $(kea_pid) == "$kea" ]] || fail "a reload replaced Kea"
}

# With a drop-in: less time than the unit's 180 s, so that the test does not wait for these. A Kea whose log is a pipe
# that nobody reads hangs in its start, and with so long a limit for that the reload waits for it.
a_reload_may_take_longer_than_the_unit_allows()
{
    local reload reader limit=15 drop_in=/etc/systemd/system/keavrfd.service.d/reload.conf
    local log=/var/log/keavrfd/vrf-red/kea-dhcp4.log settings=$'on-exit: keep\nkea: {timeouts: {start: 2m}}'
    configure third.example "$settings"
    systemctl reload keavrfd || fail "systemctl reload refuses more time for a start"
    mkdir -p "${drop_in%/*}"
    printf '[Service]\nTimeoutStartSec=%d\n' "$limit" >"$drop_in"
    systemctl daemon-reload
    rm "$log"
    mkfifo "$log"
    chown _kea:_kea "$log"
    kill -KILL "$(kea_pid)"
    configure long.example "$settings"
    systemctl reload keavrfd &
    reload=$!
    sleep $((limit + 5))
    in_state "reloading reload" || fail "a reload that takes more than $limit s is over: $(state)"
    exec {reader}<>"$log"
    wait "$reload" || fail "systemctl reload fails where it takes more than $limit s"
    ! journal_has "timed out" || fail "systemd's patience ended"
    [[ $(acquire) == *long.example ]] || fail "a long reload is not in force"
    ok "a reload that takes longer than TimeoutStartSec= is waited for"
    rm "$log" "$drop_in"
    systemctl daemon-reload
    keavrfctl restart vrf-red >/dev/null || fail "Kea does not begin a new log"
    exec {reader}>&-
    configure third.example "on-exit: keep"
    systemctl reload keavrfd || fail "systemctl reload refuses a good file after a long one"
}

a_killed_keavrfd_is_replaced()
{
    local keavrfd kea
    keavrfd=$(keavrfd_pid) kea=$(kea_pid)
    systemctl kill --signal KILL --kill-whom main keavrfd
    eventually replaced "$keavrfd" || fail "a killed keavrfd is not replaced"
    [[ $(kea_pid) == "$kea" ]] || fail "Kea did not survive the kill: $kea, now $(kea_pid)"
    serving || fail "its VRF is not served after the kill"
    [[ $(acquire) == *third.example ]] || fail "a client gets nothing after the kill"
    [[ $(property NRestarts) == 1 ]] || fail "restarts: $(property NRestarts)"
    ok "SIGKILL: replaced, Kea goes on"
}

# With a drop-in: another limit for the watchdog, so that the test does not wait for the unit's 30 s, and (for later) the
# call let through by which keavrfd has Kea scheduled as usual (docs/operations.md).
a_stopped_keavrfd_is_replaced()
{
    local keavrfd kea
    kea=$(kea_pid)
    mkdir -p /etc/systemd/system/keavrfd.service.d
    printf '[Service]\nWatchdogSec=3\nSystemCallFilter=sched_setscheduler\n' \
        >/etc/systemd/system/keavrfd.service.d/test.conf
    systemctl daemon-reload
    systemctl restart keavrfd || fail "systemctl restart fails"
    [[ $(kea_pid) == "$kea" ]] || fail "Kea did not survive a restart with on-exit: keep"
    ok "systemctl restart with on-exit: keep leaves Kea alone"
    keavrfd=$(keavrfd_pid)
    kill -STOP "$keavrfd"
    eventually replaced "$keavrfd" || fail "a stopped keavrfd is not replaced"
    journal_has "Watchdog timeout" || fail "it was not the watchdog"
    [[ $(kea_pid) == "$kea" ]] || fail "Kea did not survive the watchdog: $kea, now $(kea_pid)"
    serving || fail "nothing is served after the watchdog"
    ok "SIGSTOP: the watchdog has it replaced, Kea goes on"
}

want_of_memory_ends_nothing_else()
{
    local keavrfd kea cgroup
    keavrfd=$(keavrfd_pid) kea=$(kea_pid) cgroup=/sys/fs/cgroup$(property ControlGroup)
    # Somebody in the unit's cgroup takes more than there is.
    echo $(($(<"$cgroup/memory.current") + 32 * 1024 * 1024)) >"$cgroup/memory.max"
    ! sh -c "echo \$\$ >$cgroup/cgroup.procs && exec head -c 200M /dev/zero | exec tail -c 200M >/dev/null" 2>/dev/null ||
        fail "nothing was killed for want of memory"
    echo max >"$cgroup/memory.max"
    eventually journal_has "killed by the OOM killer" || fail "systemd did not see it"
    in_state "active running" || fail "it ended the service: $(state)"
    [[ $(keavrfd_pid) == "$keavrfd" && $(kea_pid) == "$kea" ]] || fail "it took keavrfd or Kea with it"
    ok "a process killed for want of memory ends nothing but itself"
}

it_stops_at_once()
{
    local before=$1 took
    configure fourth.example
    systemctl reload keavrfd || fail "systemctl reload refuses a good file"
    systemctl stop keavrfd || fail "systemctl stop fails"
    took=$((($(property InactiveEnterTimestampMonotonic) - $(property ActiveExitTimestampMonotonic)) / 1000))
    [[ $(state)$(property Result) == "inactive dead success" ]] || fail "stopped, it is $(state)$(property Result)"
    ! kea_pid >/dev/null || fail "a Kea is left"
    [[ $(ls /run/netns) == tenant ]] || fail "namespaces are left: $(ls /run/netns)"
    [[ $(links) == "$before" ]] || fail "links are left: $(links) (before: $before)"
    [[ ! -e /sys/fs/cgroup/system.slice/keavrfd.service ]] || fail "its cgroup is left"
    # With 50 VRFs two seconds are promised.
    ((took < 2000)) || fail "stopping took $took ms"
    ok "systemctl stop: all is gone"
}

a_wrong_file_is_not_tried_again()
{
    configure fifth.example "bad-key: 1"
    ! systemctl start keavrfd 2>/dev/null || fail "it starts with a wrong file"
    in_state "failed failed" || fail "with a wrong file it is $(state)"
    [[ $(property ExecMainStatus) == 78 ]] || fail "the exit status is $(property ExecMainStatus)"
    eventually status_tells "$configuration:1:1: bad-key: " || fail "systemctl status does not say why"
    journalctl --unit keavrfd --priority err --output cat --no-pager | grep "^$configuration:1:1: bad-key" >/dev/null ||
        fail "the journal does not know the reason for an error"
    ok "a wrong file: failed with status 78, not tried again, systemctl status says why"
}

an_unfit_host_is_tried_until_it_is_fit()
{
    configure sixth.example "log-dir: $SCRATCH/log"
    echo "no folder" >"$SCRATCH/log"
    ! systemctl start keavrfd 2>/dev/null || fail "it starts without a folder for its logs"
    eventually in_state "activating auto-restart" || fail "on an unfit host it is $(state)"
    eventually journal_has "log-dir" || fail "the journal does not say why"
    rm "$SCRATCH/log"
    eventually in_state "active running" || fail "it does not start on a host that is fit again"
    ok "an unfit host: tried again until it is fit"
    [[ $(policy_of "$(keavrfd_pid)")$(policy_of "$(kea_pid)") == 30 ]] ||
        fail "where sched_setscheduler is let through, Kea is not SCHED_OTHER, or keavrfd not SCHED_BATCH"
    ok "sched_setscheduler let through by a drop-in: Kea is scheduled as usual"
}

the_journal_has_levels_and_vrfs()
{
    local entry
    entry=$(journalctl --unit keavrfd --output json --no-pager --grep 'instance.serving: ' --lines 1)
    [[ $entry == *'"MESSAGE":"vrf=vrf-red instance.serving: '* ]] || fail "no message of the VRF's: $entry"
    [[ $entry == *'"PRIORITY":"6"'* && $entry == *'"SYSLOG_IDENTIFIER":"keavrfd"'* ]] || fail "level or name: $entry"
    journalctl --unit keavrfd --priority err --output cat --no-pager | grep -F reload.error >/dev/null || fail "errors have no level"
    ok "the journal knows levels, and the VRF is in front"
}

make_tenant
before=$(links)
mkdir -p /etc/keavrfd
configure first.example
the_unit_is_well_formed
it_is_active_when_all_serve
it_runs_hardened
reload_says_whether_it_was_taken
a_reload_may_take_longer_than_the_unit_allows
a_killed_keavrfd_is_replaced
a_stopped_keavrfd_is_replaced
want_of_memory_ends_nothing_else
it_stops_at_once "$before"
a_wrong_file_is_not_tried_again
an_unfit_host_is_tried_until_it_is_fit
the_journal_has_levels_and_vrfs
printf '%d checks passed\n' "$checks"
