# What the scripts beside this one need and this repository does not bring: they source it.
# shellcheck shell=bash

# Takes lines of a tool, its Debian package and what it is for. Installs what is missing where it
# can (Debian, as root), and otherwise names it.
require_tools() {
    local program missing=() packages=() tool package reason
    program=build-scripts/$(basename "$0")
    while read -r tool package reason; do
        has_tool "$tool" || { missing+=("$tool ($reason)"); packages+=("$package"); }
    done
    if ! command -v cargo >/dev/null; then
        echo "$program: cargo is missing: install Rust from https://rustup.rs" >&2
        exit 1
    fi
    [ ${#missing[@]} -eq 0 ] && return
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        # What this says is not what the script has to say.
        { apt-get update -q && apt-get install -qy "${packages[@]}"; } </dev/null >&2
        return
    fi
    printf "$program: missing: %s\n" "${missing[@]}" >&2
    echo "$program: on Debian or Ubuntu: sudo apt install ${packages[*]}" >&2
    exit 1
}

has_tool() {
    case $1 in
    pip) python3 -m pip --version >/dev/null 2>&1 ;;
    libclang) has_libclang ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Where bindgen looks. It also asks llvm-config, which knows where it lies.
has_libclang() {
    [ "$(uname -s)" = Linux ] || return 0
    local prefix
    prefix=$(llvm-config --prefix 2>/dev/null || true)
    compgen -G "${prefix:-/usr}/lib*/libclang[-.]*so*" >/dev/null ||
        compgen -G "/usr/lib*/libclang[-.]*so*" >/dev/null ||
        compgen -G "/usr/lib*/*/libclang[-.]*so*" >/dev/null ||
        compgen -G "/usr/lib*/*/*/libclang[-.]*so*" >/dev/null ||
        compgen -G "/usr/local/lib*/libclang[-.]*so*" >/dev/null
}
