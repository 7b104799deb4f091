# Sourced by the scripts in tools/: what a fresh Debian 12 lacks, and the build.
# The lists are for those who source it.
# shellcheck shell=bash disable=SC2034

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

packages_build=(
    g++ cmake ninja-build ccache libboost1.81-dev libboost-system1.81-dev libboost-log1.81-dev libboost-json1.81-dev
    libboost-program-options1.81-dev libboost-test1.81-dev libyaml-cpp-dev
)
packages_growth=(valgrind)
packages_run=(kea-dhcp4-server iproute2 procps util-linux)
packages_clients=(isc-dhcp-client dhcpcd-base udhcpc busybox)
packages_guest=(user-mode-linux busybox kmod iproute2 util-linux)
packages_test=(e2fsprogs strace tcpdump tshark isc-dhcp-relay dnsmasq-base "${packages_clients[@]}")
packages_container=(podman runc)
packages_systemd=(systemd "${packages_guest[@]}")
packages_bench=(dnsmasq-base gnuplot-nox tshark)
packages_lint=(clang libclang-rt-14-dev clang-tidy clang-format shellcheck)

say() { printf '%s\n' "$*"; }
die()
{
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

is_installed()
{
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Debian starts a daemon as it installs it. Nothing here wants Debian's own DHCP servers running, now or after a reboot:
# policy-rc.d (Debian Policy 9.3.3) forbids the start, and the units that came in are disabled.
policy=/usr/sbin/policy-rc.d
install_without_services()
{
    local own_policy=false code=0
    if [[ ! -e $policy ]]; then
        own_policy=true
        printf '#!/bin/sh\n# By keavrfd, for the time of one apt-get.\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y -q --no-install-recommends install "$@" \
        </dev/null || code=$?
    if $own_policy; then
        rm -f "$policy"
    fi
    return "$code"
}

disable_services_of()
{
    local package unit
    command -v systemctl >/dev/null || return 0
    for package in "$@"; do
        [[ $package != systemd ]] || continue # its own are what runs the machine
        for unit in $(dpkg-query --listfiles "$package" | sed -n 's|^\(/usr\)\?/lib/systemd/system/\([^@/]*\.service\)$|\2|p'); do
            systemctl disable --quiet "$unit" 2>/dev/null || true
        done
    done
}

# install_packages PACKAGE...: installs those that are missing; silent where nothing is.
install_packages()
{
    local package missing=() log
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    [[ $EUID == 0 ]] || die "these packages are missing and only root can install them: ${missing[*]}"
    command -v apt-get >/dev/null ||
        die "this is no Debian: install by hand what corresponds to: ${missing[*]}"
    say "installing: ${missing[*]}"
    mkdir -p "$repository/build"
    log=$repository/build/install.log
    if ! { apt-get -q update </dev/null && install_without_services "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        die "apt-get could not install ${missing[*]} (the whole story: $log)"
    fi
    disable_services_of "${missing[@]}"
}

# build_preset PRESET [TARGET...]: configures and builds; speaks only when it fails.
build_preset()
{
    local preset=$1 log started=$SECONDS targets=()
    shift
    (($# == 0)) || targets=(--target "$@")
    log=$repository/build/$preset.log
    mkdir -p "$repository/build"
    say "building $preset ..."
    if ! (cd "$repository" && cmake --preset "$preset" && cmake --build "build/$preset" --parallel "${jobs:-$(nproc)}" \
        "${targets[@]}") >"$log" 2>&1 </dev/null; then
        grep -nE 'error|FAILED|CMake Error' "$log" | head -n 40 >&2 || true
        tail -n 40 "$log" >&2
        die "the $preset build failed (the whole story: $log)"
    fi
    say "building $preset: done in $((SECONDS - started)) s"
}
