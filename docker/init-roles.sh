#!/bin/bash
# Run once by the PostgreSQL image, when it has made an empty cluster: the roles of guatu and its database.
# An owner that migrates, a group that gets its rights by the migrations, and the service that is a member of it.
set -euo pipefail

: "${GUATU_OWNER_PASSWORD:?}" "${GUATU_APP_PASSWORD:?}"

# Passwords come by the environment, never by the command line, which `ps` shows; psql quotes them as literals.
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner_password GUATU_OWNER_PASSWORD
\getenv app_password GUATU_APP_PASSWORD
CREATE ROLE guatu_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE guatu_service NOLOGIN;
CREATE ROLE guatu_app LOGIN PASSWORD :'app_password' IN ROLE guatu_service;
CREATE DATABASE guatu OWNER guatu_owner;
REVOKE ALL ON DATABASE guatu FROM PUBLIC;
GRANT CONNECT ON DATABASE guatu TO guatu_service;
\connect guatu
-- The migrations take and give rights on it.
ALTER SCHEMA public OWNER TO guatu_owner;
SQL
