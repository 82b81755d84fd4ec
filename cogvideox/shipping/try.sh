#!/usr/bin/env bash
# Runs README.md's commands, all of them in their order: Panatorch is installed in a repository of its own, the project beside
# this script is built from there, and every way to ship it must paint the same frames as the others.
#   try.sh            takes some minutes, and 3 GB in the folder for temporary files
#   try.sh deb        also makes the Debian package, which takes some minutes more
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
page=$here/README.md
work=$(mktemp -d "${TMPDIR:-/tmp}/panatorch-ship.XXXXXX")
trap 'rm -rf "$work"' EXIT

say() { echo "ship: $*"; }
fail() { say "$*" >&2; exit 1; }

# The commands under a heading of the page.
commands() { awk -v heading="## $1" '/^## /{on = $0 == heading} /^```/{block = on && $0 == "```sh"; next} on && block' "$page"; }

find_jdk() {
    for jdk in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v jlink || echo /)")")")" /usr/lib/jvm/* /opt/*; do
        [[ -x $jdk/bin/jlink && -x $jdk/bin/jpackage && -r $jdk/release ]] || continue
        [[ $(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release") -ge 22 ]] && return
    done
    fail "no JDK 22 or later with jlink and jpackage: set JAVA_HOME to one"
}

# A local repository that has what the user's has, except Panatorch: nothing of it is taken from elsewhere or left behind.
make_repository() {
    local mine=${HOME:-/root}/.m2/repository
    repository=$work/repository
    mkdir -p "$repository/io" "$mine/io"
    find "$mine" -mindepth 1 -maxdepth 1 ! -name io -exec ln -s -t "$repository" {} +
    find "$mine/io" -mindepth 1 -maxdepth 1 ! -name panatorch -exec ln -s -t "$repository/io" {} +
}

mvn() { PATH=$own_path command mvn -B -ntp -Dmaven.repo.local="$repository" "$@"; }

installed() {
    local library
    for library in native bindings core pab cogvideox; do
        printf "panatorch-$library%s.jar\n" '' -sources -javadoc
    done
    for library in core pab; do
        printf "panatorch-$library%s.jar\n" -tests -test-sources
    done
    echo panatorch-cogvideox-tests.jar # the published models' configurations, for the benchmarks
}

install() {
    say "mvn install"
    (cd "$checkout" && mvn -q -DskipTests install)
    diff <(installed | sort) <(find "$repository/io/panatorch" -name '*.jar' -printf '%f\n' | sed 's/-[0-9][0-9.]*\(-SNAPSHOT\)\?//' | sort) \
        || fail "these are not the jars that are to be installed"
}

# A project without a module-info.java, whose tests run on the class path.
on_the_class_path() {
    say "a project without modules"
    cp -r "$work/painter" "$work/unnamed"
    rm "$work/unnamed/src/main/java/module-info.java"
    (cd "$work/unnamed" && mvn -q -Dnative.access=ALL-UNNAMED test) >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "its tests fail"; }
}

# Runs the commands of a section, with nothing unpacked yet; the last one paints.
try() {
    local section=$1 cache=$work/cache
    mkdir -p "$cache"
    commands "$section" >"$work/commands"
    [[ -s $work/commands ]] || fail "README.md has no commands under '$section'"
    say "$section"
    (cd "$work/painter" && export XDG_CACHE_HOME=$cache && set -x && . "$work/commands") >"$work/log" 2>&1 \
        || { cat "$work/log" >&2; fail "$section: failed"; }
    ! grep '^\[WARNING\]' "$work/log" >&2 || fail "$section: Maven warns"
    check "$(sed -n 's|.* frames/\([a-z-]*\)$|\1|p' "$work/commands")"
    [[ $2 == unpacks || -z $(find "$cache" -name '*.so*') ]] || fail "$section: libraries were unpacked"
    rm -r "$cache"
}

check() {
    local frames=$work/painter/frames
    [[ $(find "$frames/$1" -name '*.png' | wc -l) == 9 ]] || fail "frames/$1 has not nine frames"
    diff -r "$frames/modules" "$frames/$1" || fail "frames/$1 differ from those of the module path"
}

# What docker build and docker run would do, where there is no Docker: a root that has the image and the system's libraries that
# it is linked to, nothing else, not even a shell; read-only, without a home, as a user that it does not know. OpenBLAS gets the
# variables that it has outside, since another of its kernels would round otherwise.
container() {
    if docker info >/dev/null 2>&1; then
        try Container keeps
        return
    fi
    [[ $(id -u) == 0 ]] || { say "Container: skipped, there is no Docker, and making a root of its own takes root"; return; }
    say "Container, as a root of its own: there is no Docker"
    local root=$work/root
    mkdir -p "$root"/{opt,tmp,frames,proc}
    cp -r "$work/painter/target/image" "$root/opt/painter"
    find "$root/opt/painter" \( -name '*.so*' -o -path '*/bin/java' \) -print0 \
        | LD_LIBRARY_PATH=$root/opt/painter/lib/panatorch xargs -0 ldd 2>/dev/null \
        | sed -n -e 's/.* => \(\/[^ ]*\) .*/\1/p' -e 's/^\t\(\/[^ ]*\) .*/\1/p' | grep -v "^$work" | sort -u \
        | xargs -d '\n' cp -L --parents -t "$root"
    say "of the system: $(cd "$root" && find lib* usr -type f -printf '%f ' 2>/dev/null)"
    chmod 777 "$work" "$work/painter/frames"
    unshare --mount --pid --fork bash -euc '
        mount --bind "$0" "$0"
        mount -t tmpfs tmpfs "$0/tmp"
        mount -t proc proc "$0/proc"
        mount --bind "$1" "$0/frames"
        mount -o remount,ro,bind "$0"
        exec env -i $(env | grep "^OPENBLAS_") "$(command -v chroot)" --userspec=65532:65532 "$0" \
            /opt/painter/bin/java -m painter/painter.Painter /frames/container' "$root" "$work/painter/frames"
    check container
}

find_jdk
own_path=$PATH # Maven runs on the JDK that it always runs on
export PATH=$jdk/bin:$PATH
make_repository
install
mkdir "$work/painter"
cp -r "$here"/{pom.xml,Dockerfile,src} "$work/painter"
try "Module path" unpacks
on_the_class_path
try "Class path" unpacks
try "Run-time image: jlink" keeps
try "Application image: jpackage" keeps
[[ ${1:-} != deb ]] || (cd "$work/painter" && eval "$(commands "Installer")" && ls -l target/jpackage/*.deb)
container
try "One jar: shade" unpacks
try "Spring Boot's jar" unpacks
say "every way painted the same frames"
