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
install_packages() {
    local missing=() as_root=()
    has_program pkg-config || missing+=(pkg-config)
    has_program mosquitto || missing+=(mosquitto)
    has_library libmosquitto || missing+=(libmosquitto-dev)
    has_library zlib || missing+=(zlib1g-dev)
    # The store of the shop's services.
    has_library sqlite3 || missing+=(libsqlite3-dev)
    # The tests make certificates with it.
    has_program openssl || missing+=(openssl)
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

# Everything, in the order in which it can fail.
set_up() {
    if ! has_program swift; then
        echo "Waybill needs Swift 6.3 or later: install it as https://www.swift.org/install/linux says, and run this again." >&2
        return 1
    fi
    install_packages
}
