#!/usr/bin/env bash
# Makes sure that everything the build needs is there: installs what is missing with apt, or prints what to install.
# Arguments are packages to look for instead: what the site needs, for example.
set -euo pipefail

packages=(
  g++ cmake ninja-build
  libxtensor-dev libxsimd-dev libopenblas-dev libtbb-dev librandom123-dev libutf8proc-dev
  libfmt-dev nlohmann-json3-dev libcli11-dev libboost-test-dev
  libdnnl-dev # faster products; the build does without, too
  libzip-dev  # .npz files; the build does without, too
)
[[ $# == 0 ]] || packages=("$@")

give_up() {
  {
    echo "xtape: $1"
    echo
    echo "Debian 12, Ubuntu 24.04, as root:  apt-get update && apt-get install ${missing[*]:-${packages[*]}}"
    echo
    echo "Elsewhere: a C++20 compiler (g++ 12, clang 16 or newer), CMake 3.22, Ninja, xtensor 0.24, xsimd 8.1, OpenBLAS"
    echo "with cblas.h, oneTBB 2021, Random123, utf8proc 2.8, fmt 9, nlohmann-json 3.11, CLI11 2.1 and Boost.Test"
    echo "1.74, or newer; for faster products, oneDNN 2.6 or newer; for .npz files, libzip 1.7;"
    echo "name the place of packages that CMake would not find by itself in CMAKE_PREFIX_PATH."
  } >&2
  exit 1
}

# Without apt, looks for the tools and for one header of each library (the first of its names in older releases).
check_without_apt() {
  local tool names prefix prefixes search=() compiler=${CXX:-c++}
  for tool in "$compiler" cmake ninja; do
    command -v "$tool" >/dev/null || give_up "$tool is missing, and this system has no apt."
  done
  IFS=: read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in ${prefixes[@]+"${prefixes[@]}"}; do search+=(-I "$prefix/include"); done
  for names in 'xtensor/xarray.hpp xtensor/containers/xarray.hpp' xsimd/xsimd.hpp 'cblas.h openblas/cblas.h' \
    tbb/parallel_for.h Random123/philox.h utf8proc.h fmt/format.h nlohmann/json.hpp CLI/CLI.hpp \
    boost/test/unit_test.hpp; do
    finds_any "$names" "$compiler" ${search[@]+"${search[@]}"} ||
      give_up "<${names%% *}> is missing, and this system has no apt."
  done
}

# finds_any "NAME NAME" COMPILER FLAGS...: does the compiler find one of the headers?
finds_any() {
  local name
  for name in $1; do
    echo "#include <$name>" | "${@:2}" -x c++ -M - >/dev/null 2>&1 && return
  done
  return 1
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    case $package in
      g++) command -v "${CXX:-c++}" ;;
      cmake) command -v cmake ;;
      ninja-build) command -v ninja ;;
      *) [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ;;
    esac >/dev/null || echo "$package"
  done
}

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  [[ $# == 0 ]] && check_without_apt
  exit 0
fi

read -ra missing <<<"$(missing_packages | tr '\n' ' ')"
[[ ${#missing[@]} == 0 ]] && exit 0

as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo >/dev/null || give_up "packages are missing, and installing them needs root or sudo."
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(--non-interactive)
fi

echo "xtape: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --option DPkg::Lock::Timeout=120 "$@"; }
if ! { apt update && apt install --yes --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  give_up "packages are missing, and apt-get could not install them."
fi
