#!/bin/sh
# Makes the secrets that compose.yaml names, in the folder given (deploy/secrets). A file that is there stays. The folder is
# for its owner alone; the files are not, since in the containers another user reads them.
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
keep() { [ -e "$folder/$1" ] || { printf '%s' "$2" >"$folder/$1"; chmod 444 "$folder/$1"; }; }
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
keep postgres_password "$(random)"
keep broker_password "$(random)"
keep ui_password "$(random)"
keep lever_api_token "$(random)"
# A key of Fernet: 32 bytes in base64 that is safe in URLs.
keep lever_secret_key "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')"
database=$(cat "$folder/postgres_password")@database:5432
broker=redis://:$(cat "$folder/broker_password")@broker:6379
keep lever_database_url "postgresql://lever:$database/lever"
keep dagster_postgres_url "postgresql+psycopg2://lever:$database/dagster"
keep celery_broker_url "$broker/0"
keep celery_result_backend "$broker/1"
keep broker_conf "requirepass $(cat "$folder/broker_password")"
