#!/usr/bin/env bash
# The scenes of tools/demo, run as root in namespaces (or a guest kernel) of their own: `vrf` with real VRF devices,
# `native` with domains that have none. Each step shows the commands, and says whether what it claims was seen; the exit
# status is the number of claims that were not.
# Claims are commands, carried out when they are made.
# shellcheck disable=SC2016,SC2317
set -uo pipefail
trap '' PIPE

mode=$1
binaries=$2
script=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/test/support/dhcp-client-script
work=/run/demo
PATH=$binaries:$PATH

bold="" green="" red="" dim="" plain=""
if [[ -n ${KEAVRF_DEMO_COLOR:-} ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
fi

step=0
missed=0
scene() { printf '\n%s%d. %s%s\n' "$bold" "$((++step))" "$1" "$plain"; }
note() { printf '   %s\n' "$@"; }
# Echoes a command and carries it out, its output indented.
show()
{
    printf '   %s$ %s%s\n' "$bold" "${*//$work\//}" "$plain"
    "$@" 2>&1 | sed 's/^/     /'
    return "${PIPESTATUS[0]}"
}
# claim TEXT COMMAND...: what this step shows, as seen by a command that succeeds.
claim()
{
    local text=$1
    shift
    if "$@" >/dev/null 2>&1; then
        printf '   %s[seen]%s %s\n' "$green" "$plain" "$text"
    else
        printf '   %s[NOT SEEN]%s %s\n' "$red" "$plain" "$text"
        missed=$((missed + 1))
    fi
}
# A twentieth of a second without a process: nothing ever comes through this pipe.
exec 9<> <(:)
nap() { read -r -t "${nap_seconds:-0.05}" -u 9 || true; }
# Waits for a command to succeed, 10 s at most.
wait_for()
{
    local end=$((SECONDS + 10))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        nap
    done
}

shown_log_lines=0
# What keavrfd has logged since the last call.
daemon_log()
{
    local lines
    mapfile -t -s "$shown_log_lines" lines <"$work/keavrfd.log"
    ((${#lines[@]})) || return 0
    shown_log_lines=$((shown_log_lines + ${#lines[@]}))
    printf "     ${dim}keavrfd| %s${plain}\n" "${lines[@]}"
}
# Without a process, since it is asked often while others are to work.
logged()
{
    local log
    read -r -d '' log <"$work/keavrfd.log"
    [[ $log =~ $1 ]]
}
# logged_since LENGTH PATTERN: the same of what came after the first LENGTH characters; also without a process.
logged_since()
{
    local log
    read -r -d '' log <"$work/keavrfd.log"
    [[ ${log:$1} =~ $2 ]]
}
count_logged() { grep -cE "$1" "$work/keavrfd.log" || true; }
logged_more_than() { (($(count_logged "$2") > $1)); }

# member TENANT LINK [ADDRESS]: an interface for clients, and a tenant's host at its other end. All hosts have one MAC.
member()
{
    ip netns add "$1-host"
    ip link add "$2" type veth peer name eth0 netns "$1-host"
    ip -n "$1-host" link set eth0 address 02:00:00:00:00:01 up
    ip -n "$1-host" link set lo up
    [[ ! -d /proc/sys/net/ipv4/conf/vrf-$1 ]] || ip link set "$2" master "vrf-$1"
    [[ -z ${3:-} ]] || ip address add "$3" dev "$2"
    # No link-local address, whose slow arrival would be a change of the host.
    ip link set "$2" addrgenmode none up
}

# lease_of TENANT: runs a real client in the tenant's host until it has its lease.
lease_with_udhcpc()
{
    local asked=()
    [[ -z ${address[$1]:-} ]] || asked=(-r "${address[$1]}")
    show ip netns exec "$1-host" env EVENTS="$work/$1.events" udhcpc -q -n -t 10 -T 1 -i eth0 -s "$script" "${asked[@]}"
}
lease_with_dhclient()
{
    show ip netns exec "$1-host" dhclient -1 -q -cf "$work/dhclient.conf" -lf "$work/$1.leases" -pf "$work/$1.pid" \
        -sf "$script" -e EVENTS="$work/$1.events" eth0
}
declare -A address
# The address and server of the last lease, from what the client's script wrote.
read_lease()
{
    local reason server seconds
    read -r reason "address[$1]" server seconds < <(grep -iE '^(bound|renew|reboot|rebind) ' "$work/$1.events" | tail -n 1)
    note "$1's host has ${address[$1]:-nothing} from ${server:-nobody} for ${seconds:-?} s ($reason)"
    lease_seconds=${seconds:-0}
}
kea_pid() { pgrep --full "kea-dhcp4.*/$1/" | head -n 1; }
in_lease_file() { grep -q "^$2," "/var/lib/keavrfd/$1/kea-leases4.csv"; }
host_state() { ip -d link && ip address && ip route show table all && ip rule; }
# What the kernel does by itself a moment later is no doing of keavrfd's: it notices the carrier of a new pair, and it
# would give it an IPv6 address.
no_automatic_addresses() { echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode; }
is_settled()
{
    local state
    state=$(host_state)
    nap
    [[ $state != *NO-CARRIER* && $state != *tentative* && $state == "$(host_state)" ]]
}

mkdir -p "$work"
: >"$work/keavrfd.log"
printf 'timeout 20;\nretry 2;\ninitial-interval 1;\nbackoff-cutoff 2;\nreboot 2;\n' >"$work/dhclient.conf"

scene_tenants()
{
    no_automatic_addresses
    if [[ $mode == vrf ]]; then
        scene "Two tenants, each with a VRF, and both with the same addresses"
        show ip link add vrf-red type vrf table 1001
        show ip link add vrf-blue type vrf table 1002
        ip link set vrf-red up && ip link set vrf-blue up
        blue_gateway=192.168.1.1
    else
        scene "Two tenants, each with an interface (no VRF devices: domains with 'device: none')"
        blue_gateway=10.0.0.1
    fi
    member red eth1 192.168.1.1/24
    member blue eth2 "$blue_gateway/24"
    show ip -brief address show
    note "At the other end of eth1 and eth2 sit two hosts, red-host and blue-host, with the same MAC."
}

write_configuration()
{
    if [[ $mode == vrf ]]; then
        printf 'vrfs:\n  "*": {}\n'
    else
        printf 'vrfs:\n'
        printf '  vrf-%s: {device: none, interfaces: [%s]}\n' red eth1 blue eth2 green eth3
    fi >"$work/keavrfd.yaml"
}

scene_start()
{
    scene "keavrfd, with a configuration of a few lines"
    write_configuration
    show cat "$work/keavrfd.yaml"
    wait_for is_settled
    host_state >"$work/host-before"
    note "${bold}\$ keavrfd -c keavrfd.yaml &${plain}"
    keavrfd -c "$work/keavrfd.yaml" 2>"$work/keavrfd.log" &
    daemon=$!
    wait_for logged "vrf=vrf-blue instance.serving" && wait_for logged "vrf=vrf-red instance.serving"
    daemon_log
    show keavrfctl status
    host_state >"$work/host-during"
    claim "both VRFs are served, each by a Kea of its own" test "$(kea_pid vrf-red)" -ne "$(kea_pid vrf-blue)"
    claim_unchanged "$work/host-before" "$work/host-during"
}

scene_leases()
{
    scene "A real DHCP client in each: BusyBox udhcpc for red, ISC dhclient for blue"
    lease_with_udhcpc red
    read_lease red
    lease_with_dhclient blue
    read_lease blue
    claim "red has an address from its own Kea, and blue has one from its own" \
        eval 'in_lease_file vrf-red "${address[red]}" && in_lease_file vrf-blue "${address[blue]}"'
    [[ $mode != vrf ]] || claim "both come from 192.168.1.0/24" \
        eval '[[ ${address[red]} == 192.168.1.* && ${address[blue]} == 192.168.1.* ]]'
}

# Gives the commands in $work/green to an ip(8) that runs already; sets `elapsed`: milliseconds until green is served.
# Neither date(1) nor show()'s sed meanwhile: in a guest kernel each program takes a twentieth of the second that is
# measured.
time_green()
{
    local began commands before
    read -r -d '' before <"$work/keavrfd.log"
    note "${bold}\$ ip -batch - <green${plain}"
    exec 8> >(exec ip -batch -)
    mapfile commands <"$work/green"
    nap_seconds=0.5 nap
    began=$((${EPOCHREALTIME/[.,]/} / 1000))
    printf '%s' "${commands[@]}" >&8
    exec 8>&-
    # Seldom, as what looks takes of the same processor; when it was is read from the log.
    nap_seconds=0.25 wait_for logged_since "${#before}" "vrf=vrf-green instance.serving"
    elapsed=$(($(logged_at "vrf=vrf-green instance.serving") - began))
    daemon_log
    note "from the start of these commands to 'serving': $elapsed ms"
}

scene_live()
{
    local elapsed
    if [[ $mode == vrf ]]; then
        scene "A third VRF, created while keavrfd runs"
        member green eth3 172.16.3.1/24
        printf '%s\n' "link add vrf-green type vrf table 1003" "link set vrf-green up" \
            "link set eth3 master vrf-green" >"$work/green"
    else
        scene "A third interface, created while keavrfd runs"
        member green eth3
        printf '%s\n' "address add 172.16.3.1/24 dev eth3" >"$work/green"
    fi
    show cat "$work/green"
    time_green
    claim "it is served within a second" test "$elapsed" -ge 0 -a "$elapsed" -le 1000
    lease_with_udhcpc green
    read_lease green
    claim "its host has a lease" in_lease_file vrf-green "${address[green]:-none}"
}

# When a line was last logged, in milliseconds since 1970.
logged_at()
{
    local day hour
    read -r day hour _ < <(grep -E "$1" "$work/keavrfd.log" | tail -n 1) && date --date="$day $hour" +%s%3N
}

scene_reload()
{
    local blue_before
    scene "The YAML edited, SIGHUP: red's leases are to last 10 minutes"
    blue_before=$(kea_pid vrf-blue)
    if [[ $mode == vrf ]]; then
        printf '  vrf-red: {dhcp4: {valid-lifetime: 600}}\n' >>"$work/keavrfd.yaml"
    else
        sed -i 's/interfaces: \[eth1\]/&, dhcp4: {valid-lifetime: 600}/' "$work/keavrfd.yaml"
    fi
    show cat "$work/keavrfd.yaml"
    show kill -HUP "$daemon"
    wait_for logged "vrf=vrf-red kea.reloaded"
    daemon_log
    lease_with_udhcpc red
    read_lease red
    claim "red's new lease lasts 600 s" test "$lease_seconds" -eq 600
    claim "blue's Kea was left alone" eval "test '$blue_before' = '$(kea_pid vrf-blue)' && ! logged 'vrf=vrf-blue kea.reloaded'"
}

scene_kill()
{
    local before served address_before=${address[red]:-none}
    scene "Red's Kea killed: keavrfd brings it back, with its leases"
    before=$(kea_pid vrf-red)
    served=$(count_logged "vrf=vrf-red instance.serving")
    show kill -KILL "$before"
    wait_for logged_more_than "$served" "vrf=vrf-red instance.serving"
    daemon_log
    show keavrfctl status vrf-red
    claim "the new Kea knows red's lease" eval 'keavrfctl --json status vrf-red | grep -q "\"leases\":1,"'
    claim "another Kea serves red" eval "test -n '$(kea_pid vrf-red)' && test '$before' != '$(kea_pid vrf-red)'"
    lease_with_udhcpc red
    read_lease red
    claim "red's host keeps its address" test "$address_before" = "${address[red]}"
}

# claim_unchanged BEFORE AFTER: two of the host's states are the same; where not, the difference.
claim_unchanged()
{
    claim "links, addresses, routes and rules of the host are what they were" cmp "$1" "$2"
    diff "$1" "$2" | sed 's/^/     /'
}

gone()
{
    ! ip netns list | grep -q "keavrf-$1" && ! pgrep --full "kea-dhcp4.*/$1/" &&
        ! ip -n keavrf-hub link show dev "$1"
}

scene_delete()
{
    if [[ $mode == vrf ]]; then
        scene "A VRF deleted: its namespace, its link and its Kea go"
        show ip link delete vrf-blue
    else
        scene "An interface deleted: its domain's namespace, link and Kea go"
        show ip link delete eth2
    fi
    wait_for gone vrf-blue
    daemon_log
    show ip netns list
    claim "nothing of vrf-blue is left but its leases" gone vrf-blue
    claim "the others serve on" eval 'test -n "$(kea_pid vrf-red)" && test -n "$(kea_pid vrf-green)"'
}

scene_end()
{
    local code=0
    scene "Ctrl-C: the host as before"
    wait_for is_settled
    host_state >"$work/host-before-end"
    show kill -INT "$daemon"
    wait "$daemon" || code=$?
    daemon_log
    host_state >"$work/host-after"
    claim "keavrfd ends with exit status 0" test "$code" -eq 0
    claim "no Kea runs" eval '! pgrep --full kea-dhcp4'
    claim "no namespace of keavrfd is left" eval '! ip netns list | grep keavrf-'
    claim_unchanged "$work/host-before-end" "$work/host-after"
    claim "no neighbour entry of keavrfd is left" eval '! ip neigh | grep 169.254.'
}

scene_tenants
scene_start
scene_leases
scene_live
scene_reload
scene_kill
scene_delete
scene_end

for pidfile in "$work"/*.pid; do
    [[ ! -s $pidfile ]] || kill "$(<"$pidfile")" 2>/dev/null
done
printf '\n'
if ((missed)); then
    printf '%s%d claims were not seen.%s The log: \n' "$red" "$missed" "$plain"
    sed 's/^/     /' "$work/keavrfd.log"
else
    printf '%sAll of it was seen.%s\n' "$green" "$plain"
fi
exit "$missed"
