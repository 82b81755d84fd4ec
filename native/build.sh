#!/bin/sh
# Compiles the shim: build.sh OUTPUT. Needs a C compiler (CC, or cc) and nothing else; libtorch is not looked at.
set -eu
cd "$(dirname "$0")"
cc=${CC:-cc}
command -v "$cc" >/dev/null || { echo "native: no C compiler: '$cc' is not on PATH; install gcc or clang, or set CC" >&2; exit 1; }
mkdir -p "$(dirname "$1")"
"$cc" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden -shared -Wl,--no-undefined \
    -Iinclude src/load.c src/threads.c src/warnings.c src/cuda.c src/schema.c src/dispatch.c src/tensor.c src/mapping.c src/arithmetic.c \
    src/operators.c src/layers.c src/half.c -o "$1" -ldl -lpthread
