#!/usr/bin/env bash
# The checker of tools/chaos must be able to see: with a promise broken behind its back each run fails, and says why; one
# where nothing is planted passes. Natively, all at once, in half a minute. See docs/testing.md.
set -euo pipefail
exec </dev/null

[[ $# == 1 && -x $1 ]] || { echo "usage: test/chaos/plants_test.sh build/debug/tools/keavrf_chaos" >&2 && exit 2; }
chaos=$(realpath "$1")

# What is planted, and what the checker has to say of it.
declare -A says=(
    [lease-removed]='after (lease-removed|\(end\)): tenant 0 client [0-9]+ lost 10\.50\.0\.[0-9]+'
    [wires-swapped]='got an answer of another tenant.s server: domain "vt1\.example" instead of "vt0\.example"'
    [uplinks-swapped]='got an answer of another tenant.s server: domain "vt1\.example" instead of "vt0\.example"'
    [kea-left]='left behind: process [0-9]+: kea-dhcp4 -c '
    [option-54]='got an answer with server identifier 169\.254\.[0-9.]+, which is not an address of its relay'
    [server-id-forged]='got an answer with server identifier 169\.254\.[0-9.]+, which is not an address of its relay'
    [second-kea]='2 Keas work on /var/lib/keavrfd/vt0/kea-leases4\.csv'
)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Each of its own PID, mount and network namespace, which the program makes.
run()
{
    local name=$1 status=0
    shift
    timeout --kill-after=10 150 "$chaos" --native --vrfs 2 "$@" >"$folder/$name" 2>&1 || status=$?
    echo "$status" >"$folder/$name.status"
}

run nothing --faults 5 --seed 1 --without lease-disk-full &
for plant in "${!says[@]}"; do
    run "$plant" --plant "$plant" &
done
wait

failed=0
for plant in "${!says[@]}"; do
    status=$(<"$folder/$plant.status")
    if [[ $status == 0 || $status == 124 || $status == 137 ]]; then
        echo "$plant: not noticed (exit status $status):" && failed=1
    elif ! grep -aqE "error: .*${says[$plant]}" "$folder/$plant"; then
        echo "$plant: the run failed, but not for what was planted (wanted: ${says[$plant]}):" && failed=1
    else
        echo "$plant: noticed: $(grep -aoEm1 "${says[$plant]}" "$folder/$plant")"
        continue
    fi
    tail -n 40 "$folder/$plant"
done
if [[ $(<"$folder/nothing.status") == 0 ]]; then
    echo "nothing planted: $(tail -n 1 "$folder/nothing")"
else
    echo "nothing planted, and the run failed:" && tail -n 60 "$folder/nothing" && failed=1
fi
# Whoever adds a plant says here what it is noticed by.
known=$("$chaos" --plant '?' 2>&1 || true)
[[ $known == *'there are: '* ]] || { echo "no list of plants: $known" && exit 1; }
known=${known##*there are: }
for plant in ${known%% (try*}; do
    [[ -n ${says[$plant]:-} ]] || { echo "$plant: a plant that this test does not know" && failed=1; }
done
exit "$failed"
