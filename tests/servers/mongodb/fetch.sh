#!/bin/sh
# tests/servers/mongodb/fetch.sh FOLDER: brings the server of the tests, and what it needs, from Maven Central, and
# compiles it. A folder that has it already is left as it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$1")"
folder=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

is_there() { cmp -s "$here/pom.xml" "$folder/pom.xml" && cmp -s "$here/Server.java" "$folder/Server.java"; }

! is_there || exit 0
for program in mvn javac java; do
    command -v "$program" >/dev/null || {
        echo "no $program is installed (maven, default-jdk-headless on Debian and Ubuntu)" >&2
        exit 1
    }
done
new=$folder.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$new"
mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$new"
javac -cp "$new/*" -d "$new" "$here/Server.java"
cp "$here/pom.xml" "$here/Server.java" "$new"
is_there || { rm -rf "$folder" && mv "$new" "$folder"; } # another one may have been faster
