#!/bin/sh
# Brings Temporal's two databases to the schema of this release. The databases themselves and their
# owner were made with the volume; running it again changes nothing.
set -eu

for database in temporal temporal_visibility; do
  folder=${database#temporal_}
  temporal-sql-tool --db "$database" setup-schema -v 0.0
  temporal-sql-tool --db "$database" update-schema \
    -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
