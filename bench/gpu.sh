#!/bin/sh
# What Panatorch does on a machine that has a GPU, and nothing of Panatorch: no network, no JDK, no Maven.
#
#   bench/gpu.sh FILE.tar.xz   on a machine that builds: puts all that is needed into a file of at most 64 MiB, this script with it
#   panatorch-gpu/gpu.sh       from that file, on the machine with the GPU: runs the tests that need one, then prints a table of models of
#                              the published sizes, and where diffusers is there, what its transformers take on the same libtorch
#
# There, by environment variables:
# LIBTORCH    a libtorch for CUDA, such as the folder "torch" of a Python; otherwise that of python3
# DIFFUSERS   the source of diffusers, or nothing; python3 with torch runs it
# DEVICE      cuda; cpu, with fewer LAYERS (of a transformer), a smaller SIZE (WIDTHxHEIGHTxFRAMES) and fewer STEPS, tries all of it
# LIMIT       seconds after which no more row of the table is begun: 480
# WORK        a folder for the models, 30 GB: one for temporary files, which is deleted
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
java=$here/runtime/bin/java

say() { printf 'gpu: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

find_jdk() {
    for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*; do
        [ -x "$jdk/bin/jlink" ] && [ -r "$jdk/release" ] || continue
        major=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$jdk/release")
        [ "${major:-0}" -lt 22 ] || return 0
    done
    fail "no JDK 22 or later with jlink: set JAVA_HOME to one"
}

pack() {
    file=$1
    [ ! -e "$file" ] || fail "$file exists: name a new one"
    find_jdk
    cd "$here/.."
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    folder=$temporary/panatorch-gpu
    mkdir -p "$folder/tests"
    cp bench/gpu.sh bench/diffusers.py "$folder"
    junit=$(sed -n 's:.*<junit.platform.version>\(.*\)</.*:\1:p' pom.xml)
    mvn -q -B -DskipTests -pl bench -am package dependency:copy-dependencies -DincludeScope=test -DoutputDirectory="$folder/jars" \
        -DexcludeGroupIds=org.bytedeco,org.junit.jupiter,org.junit.platform,com.code-intelligence,org.openjdk.jmh,net.sf.jopt-simple \
        -DexcludeArtifactIds=commons-math3,jcodec,byte-buddy
    mvn -q -B -N dependency:copy -Dartifact="org.junit.platform:junit-platform-console-standalone:$junit" -DoutputDirectory="$folder/jars"
    cp bench/target/panatorch-bench-*-SNAPSHOT.jar "$folder/jars"
    for module in core pab cogvideox; do
        cp -r "$module/target/test-classes" "$folder/tests/$module"
    done
    # Tensors of tests that need no GPU.
    find "$folder/tests" -name '*.safetensors' ! -path '*/cogvideox/golden/*' -delete
    "$jdk/bin/jlink" --add-modules java.net.http,java.logging,java.management,jdk.management,jdk.unsupported,java.xml \
        --strip-debug --no-header-files --no-man-pages --output "$folder/runtime"
    tar -C "$temporary" -cJf "$temporary/file" panatorch-gpu
    kilobytes=$(du -k "$temporary/file" | cut -f 1)
    [ "$kilobytes" -le 65536 ] || fail "it takes $((kilobytes / 1024)) MiB, more than 64"
    mv "$temporary/file" "$file"
    say "$file: $((kilobytes / 1024)) MiB"
}

run() {
    device=${DEVICE:-cuda}
    if [ -z "${LIBTORCH:-}" ]; then
        LIBTORCH=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))') \
            || fail "no libtorch: python3 has no torch; name one by LIBTORCH"
    fi
    export LIBTORCH
    work=${WORK:-}
    if [ -z "$work" ]; then
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
    fi
    size=${SIZE:-720x480x49}
    frames=${size##*x}
    sides=${size%x*}
    width=${sides%x*}
    height=${sides#*x}
    layers=${LAYERS:-1000}
    jars=$here/jars/*
    classes=$here/tests/core:$here/tests/pab:$here/tests/cogvideox

    say "tests that need a GPU"
    "$java" -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED -Djava.io.tmpdir="$work" -cp "$classes:$jars" \
        org.junit.platform.console.ConsoleLauncher execute --include-tag gpu --scan-classpath "$classes" --disable-banner \
        --details=tree --include-classname '.*GpuTest' || failed=yes

    say "models of the published sizes"
    "$java" --enable-native-access=ALL-UNNAMED -cp "$jars" io.panatorch.bench.GpuReport \
        "$device" "$work" "$layers" "$width" "$height" "$frames" "${STEPS:-50}" "${LIMIT:-480}" || failed=yes

    if [ -n "${DIFFUSERS:-}" ]; then
        say "the same by diffusers, on the same libtorch"
        for model in COGVIDEOX_2B COGVIDEOX_5B; do
            PYTHONPATH=$DIFFUSERS/src HF_HUB_OFFLINE=1 python3 "$here/diffusers.py" \
                "$device" "$work/$model/transformer" "$width" "$height" "$frames" || failed=yes
        done
    fi
    [ -z "${failed:-}" ] || fail "not all of it has worked, see above"
}

if [ -x "$java" ]; then
    run
elif [ $# -eq 1 ]; then
    pack "$(mkdir -p "$(dirname "$1")" && cd "$(dirname "$1")" && pwd -P)/$(basename "$1")"
else
    fail "expected a file to put what a machine with a GPU needs, such as panatorch-gpu.tar.xz"
fi
