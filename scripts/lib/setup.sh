# Makes sure that Waybill can be built and run here. Sourced by the scripts beside it; does nothing until set_up is called.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Whether a program is there. Debian keeps servers in directories that only root has in PATH.
has_program() {
    PATH="$PATH:/usr/local/sbin:/usr/sbin" command -v "$1" >/dev/null
}

# Whether the headers of a library are there.
has_library() {
    pkg-config --exists "$1" 2>/dev/null
}

# Installs what is missing of the system's packages; needs no network and no rights when nothing is.
# Usage: install_packages PACKAGE:PROGRAM|PACKAGE:=LIBRARY...      the program, or the library as pkg-config knows it, that a package is there for
install_packages() {
    local missing=() as_root=() need package thing
    for need in "$@"; do
        package=${need%%:*} thing=${need#*:}
        if [ "${thing#=}" != "$thing" ]; then has_library "${thing#=}"; else has_program "$thing"; fi || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    if ! has_program apt-get; then
        echo "Waybill needs these packages, or what this system calls them: ${missing[*]}. Install them and run this again." >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! has_program sudo; then
            echo "Missing packages. As root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -qq >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
    # Waybill starts brokers of its own on free ports. The one that the package may have started on port 1883 is the system's, so it stays.
}

# What building and running takes, in the order in which it can fail. SQLite is the store of the shop's services.
set_up() {
    if ! has_program swift; then
        echo "Waybill needs Swift 6.3 or later: install it as https://www.swift.org/install/linux says, and run this again." >&2
        return 1
    fi
    install_packages pkg-config:pkg-config mosquitto:mosquitto libmosquitto-dev:=libmosquitto libssl-dev:=openssl zlib1g-dev:=zlib libsqlite3-dev:=sqlite3
}

# What the tests take beside that: openssl makes certificates, Python reads and writes traces and reads histograms, and nats-server is a broker of another kind.
set_up_tests() {
    set_up
    install_packages openssl:openssl python3:python3 nats-server:nats-server
    # Reads the histograms of a run as others do. Where it cannot be had, the tests that need it are skipped, and say so.
    [ -d "$repository/.build-python/hdrh" ] || python3 -m pip install --quiet --target "$repository/.build-python" hdrhistogram >&2 || true
}

# Where small files go by the thousand that are gone at once, such as the traces of random histories: into memory, where the system has room for them.
memory_directory() {
    if [ -w /dev/shm ] && [ "$(df --output=avail /dev/shm | tail -1)" -gt 1000000 ]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi
}

# Builds the program, once for all scripts: what the tests, runs, benchmarks and the image take is one build, in one configuration.
build_program() {
    swift build --configuration release --product waybill >&2
    # shellcheck disable=SC2034 # for the scripts that source this
    program=$(swift build --configuration release --show-bin-path)/waybill
}
