#!/bin/sh
# Compiles and runs the smoke test: smoke.sh SHIM LIBTORCH_FOLDER OPENBLAS_FOLDER SANITIZED, folders as unpacked from Maven Central.
# SANITIZED is the program that sanitize.sh makes, or has not made; it is run too.
set -eu
cd "$(dirname "$0")"
shim=$1 torch=$2 blas=$3 sanitized=$4
program=$(dirname "$torch")/smoke

# Before 2.13 libtorch prints why it refuses something, which the test sees to; so that is shown where the test fails.
run() {
    "$1" "$shim" "$torch/libgomp.so.1" "$blas/libgcc_s.so.1" "$blas/libquadmath.so.0" "$blas/libgfortran.so.5" \
        "$blas/libopenblas.so.0" "$torch/libc10.so" "$torch/libtorch_cpu.so" 2>"$program.log" ||
        { grep -v "^frame #" "$program.log" >&2; exit 1; }
}

"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude test/smoke.c "$shim" -o "$program" -lm -lpthread \
    -Wl,-rpath,"$(dirname "$shim")"
passed=$(run "$program")
if [ -x "$sanitized" ]; then
    (export LSAN_OPTIONS=suppressions=test/leaks.supp:print_suppressions=0 && run "$sanitized" >/dev/null)
    passed="$passed, and again under sanitizers"
fi
echo "$passed"
