#!/bin/sh
# tests/servers/mongodb/fetch.sh FOLDER: brings the server of the tests and what it needs from Maven Central, compiled.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
[ ! -e "$folder/Server.class" ] || exit 0
for program in mvn javac; do
    command -v "$program" >/dev/null || {
        echo "no $program is installed (maven, default-jdk-headless on Debian and Ubuntu)" >&2
        exit 1
    }
done
new="$folder.new"
rm -rf "$new"
mkdir -p "$new"
mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$new"
javac -cp "$new/*" -d "$new" "$here/Server.java"
rm -rf "$folder"
mv "$new" "$folder"
