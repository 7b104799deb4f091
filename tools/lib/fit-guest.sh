#!/usr/bin/env bash
# fit-guest.sh [OPTION of vrf-guest]... -- PROGRAM [ARGUMENT...]: tools/vrf-guest for what is held to a second.
#
# One guest kernel is half as fast again as the next, from its boot to its end, whatever runs in it. So before PROGRAM
# runs, and whatever comes of it, Kea's own program is timed: where it alone, without a configuration, takes about
# half a second to start or more, another guest is booted; the fifth is taken as it is.
set -uo pipefail
enough=510 # milliseconds; on this side of the guest, some 40
unfit=111

# Of five, the median; the first of all reads the files.
pace()
{
    local times=() began
    for _ in 0 1 2 3 4 5; do
        began=${EPOCHREALTIME/[.,]/}
        kea-dhcp4 -v >/dev/null
        times+=($(((${EPOCHREALTIME/[.,]/} - began) / 1000)))
    done
    printf '%s\n' "${times[@]:1}" | sort -n | sed -n 3p
}

if [[ $1 == --inside ]]; then
    taken=$(pace)
    echo "kea-dhcp4 -v takes $taken ms in this guest."
    [[ $2 == last ]] || ((taken <= enough)) || exit "$unfit"
    exec "${@:3}"
fi

itself=$(realpath "${BASH_SOURCE[0]}")
options=()
while [[ $1 != -- ]]; do
    options+=("$1") && shift
done
shift
for guest in 1 2 3 4 last; do
    status=0
    "$(dirname "$itself")/../vrf-guest" "${options[@]}" -- "$itself" --inside "$guest" "$@" || status=$?
    ((status == unfit)) || exit "$status"
done
exit "$unfit"
