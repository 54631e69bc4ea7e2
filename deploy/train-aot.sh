#!/bin/bash
# Makes an AOT cache of the service: runs it without any server until it listens, and ends it. For the build of an image.
#   train-aot.sh CACHE OPTIONS-OF-JAVA...
set -euo pipefail
cache=$1
shift
log=$(mktemp)
# Nobody is there, and nobody has to be: a replica that may not migrate listens, and waits.
QUARKUS_DATASOURCE_REACTIVE_URL=postgresql://127.0.0.1:1/none \
  QUARKUS_DATASOURCE_USERNAME=none \
  QUARKUS_DATASOURCE_PASSWORD=none \
  QUARKUS_REDIS_HOSTS=redis://127.0.0.1:1 \
  PMS_EVENTS_JWT_SECRET=only-for-this-run-only-for-this-run \
  QUARKUS_FLYWAY_MIGRATE_AT_START=false \
  QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 \
  QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=0 \
  java -XX:AOTCacheOutput="$cache" "$@" >"$log" 2>&1 &
service=$!
for ((i = 0; i < 240; i++)); do
  if grep -q 'Listening on' "$log" || ! kill -0 "$service" 2>/dev/null; then
    break
  fi
  sleep 0.5
done
kill -TERM "$service" 2>/dev/null || true
wait "$service" || true
if [[ ! -s $cache ]]; then
  cat "$log"
  echo "There is no AOT cache" >&2
  exit 1
fi
rm "$log"
