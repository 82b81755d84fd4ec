#!/bin/sh
# Compiles and runs the smoke test: smoke.sh SHIM LIBTORCH_FOLDER OPENBLAS_FOLDER, folders as unpacked from Maven Central.
set -eu
cd "$(dirname "$0")"
shim=$1 torch=$2 blas=$3
program=$(dirname "$torch")/smoke
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude test/smoke.c "$shim" -o "$program" -lm -lpthread \
    -Wl,-rpath,"$(dirname "$shim")"
"$program" "$shim" "$torch/libgomp.so.1" "$blas/libgcc_s.so.1" "$blas/libquadmath.so.0" "$blas/libgfortran.so.5" \
    "$blas/libopenblas.so.0" "$torch/libc10.so" "$torch/libtorch_cpu.so"
