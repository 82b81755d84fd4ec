#!/bin/sh
# Compiles shim and smoke test to one program that AddressSanitizer and UndefinedBehaviorSanitizer watch: sanitize.sh PROGRAM.
# Where the compiler has none that run here, it says why in one line, and there is no program.
set -eu
cd "$(dirname "$0")"
program=$1
cc=${CC:-cc}
watch="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1"
mkdir -p "$(dirname "$program")"
rm -f "$program"
echo 'int main(void) { return 0; }' >"$program-none.c"
if ! reason=$({ "$cc" $watch "$program-none.c" -o "$program-none" && "$program-none"; } 2>&1); then
    echo "smoke: not under sanitizers, $cc has none that run here: $(echo "$reason" | sed '/^[=[:space:]]*$/d' | head -n 1)"
    exit 0
fi
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror $watch -Iinclude src/*.c test/smoke.c -o "$program" -lm -ldl -lpthread
