#!/bin/sh
# Runs a command with the secrets that lie in files: for each NAME_FILE of ours that is set, NAME is what is in that file. So no
# secret stands in compose.yaml, in a unit, or in what `docker inspect` shows.
set -eu
for name in $(env | sed -n 's/^\(\(LEVER\|DAGSTER\|CELERY\)_[A-Z0-9_]*\)_FILE=..*/\1/p'); do
    file=$(printenv "${name}_FILE")
    [ -r "$file" ] || { echo "${name}_FILE: $file can't be read" >&2; exit 2; }
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
done
exec "$@"
