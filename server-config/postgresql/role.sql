-- The rights of a role that an application with starcast.backplane=postgresql connects as, when
-- another has made the tables (org/starcast/postgresql/starcast-1.sql, in the jar). No more is
-- needed; the role's own is "shop" here.

GRANT USAGE ON SCHEMA starcast TO shop;
GRANT SELECT, UPDATE (epoch, floor) ON starcast.ordering TO shop;
GRANT SELECT, INSERT, DELETE ON starcast.event, starcast.outbox, starcast.call TO shop;
GRANT EXECUTE ON FUNCTION starcast.append TO shop;

-- So that the warning of transactions that stay open (STARCAST-3019) knows those of other roles:
-- GRANT pg_read_all_stats TO shop;
