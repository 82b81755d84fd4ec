#!/bin/sh
# Compiles the C loop against the shim: build.sh SHIM_FOLDER OUTPUT. Which shim it runs on is LD_LIBRARY_PATH's matter.
set -eu
cd "$(dirname "$0")"
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -I../native/include src/main/c/add-loop.c \
    -L"$1" -lpanatorch -o "$2"
