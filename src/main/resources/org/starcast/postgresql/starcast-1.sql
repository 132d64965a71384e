-- The order of events in PostgreSQL 13 or newer, version 1. Run it once, with psql, Flyway,
-- Liquibase or by starcast.backplane.postgresql.create. Another schema than "starcast" is named
-- here and in starcast.backplane.postgresql.schema.

CREATE SCHEMA IF NOT EXISTS starcast;

-- One row. Who appends holds its lock to the end of the transaction, which is that of one call of
-- starcast.append: so the order of sequences is that of commits.
CREATE TABLE starcast.ordering (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch text    NOT NULL, -- of the sequences
  last  bigint  NOT NULL, -- the latest sequence
  bytes bigint  NOT NULL, -- of all bodies up to there
  floor bigint  NOT NULL  -- up to here events are no longer kept
) WITH (fillfactor = 20);

INSERT INTO starcast.ordering (epoch, last, bytes, floor)
VALUES (left(replace(gen_random_uuid()::text, '-', ''), 20), 0, 0, 0);

-- Events and commands in their order. Rows are inserted, and deleted by age, and never changed.
CREATE TABLE starcast.event (
  sequence     bigint      PRIMARY KEY,
  time         timestamptz NOT NULL,
  total        bigint      NOT NULL, -- bytes of all bodies up to this one
  node         uuid,                 -- who appended it, and as its how manieth;
  number       bigint,               -- null for what came through the outbox
  command      text,                 -- the type of a command; null for an event
  topics       text[]      NOT NULL,
  sender       text,
  excepted     text[]      NOT NULL,
  coalesce_key text,
  key          text,
  body         bytea       NOT NULL
);
CREATE UNIQUE INDEX event_key ON starcast.event (key) WHERE key IS NOT NULL;

-- What transactions of the application have published: it is there as soon as they have
-- committed, and until a node gives it its sequence.
CREATE TABLE starcast.outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topics       text[] NOT NULL,
  sender       text,
  excepted     text[] NOT NULL,
  coalesce_key text,
  key          text,
  body         bytea  NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- Up to which number a node has appended, and behind which sequence by its last call, so that it
-- can repeat what was not answered.
CREATE TABLE starcast.node (
  node   uuid        PRIMARY KEY,
  number bigint      NOT NULL,
  since  bigint      NOT NULL,
  seen   timestamptz NOT NULL
) WITH (fillfactor = 20);

-- Gives what committed transactions have left in the outbox its sequences, and then the given
-- events of a node, but for those that were appended before, or with the same key. Returns the
-- sequences of the given ones. It has to run in READ COMMITTED, in a transaction of its own.
CREATE FUNCTION starcast.append(
  appender uuid, numbers bigint[], commands text[], topic_lines text[], senders text[],
  excepted_lines text[], coalesce_keys text[], keys text[], bodies bytea[])
RETURNS TABLE (appended bigint, given bigint)
LANGUAGE plpgsql AS $$
DECLARE
  newest   bigint;
  weight   bigint;
  since    bigint;
  done     bigint;
  begun    bigint;
  moved    bigint;
  moment   timestamptz;
BEGIN
  SELECT o.last, o.bytes INTO STRICT newest, weight FROM starcast.ordering o FOR UPDATE;
  since := newest;
  moment := clock_timestamp();

  WITH taken AS (
    DELETE FROM starcast.outbox
    WHERE id IN (SELECT o.id FROM starcast.outbox o ORDER BY o.id LIMIT 1000) RETURNING *
  ), placed AS (
    INSERT INTO starcast.event
      (sequence, time, total, topics, sender, excepted, coalesce_key, key, body)
    SELECT newest + row_number() OVER (ORDER BY t.id), moment,
      weight + sum(length(t.body)) OVER (ORDER BY t.id),
      t.topics, t.sender, t.excepted, t.coalesce_key, t.key, t.body
    FROM taken t ORDER BY t.id
    ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
  )
  SELECT count(*), weight + coalesce(sum(length(t.body)), 0) INTO moved, weight FROM taken t;
  newest := newest + moved;

  IF cardinality(numbers) > 0 THEN
    SELECT n.number, n.since INTO done, begun FROM starcast.node n WHERE n.node = appender;
    done := coalesce(done, 0);
    IF done >= numbers[1] THEN
      since := begun; -- a call that is repeated
    END IF;
    INSERT INTO starcast.event (sequence, time, total, node, number, command, topics, sender,
      excepted, coalesce_key, key, body)
    SELECT newest + row_number() OVER (ORDER BY g.number), moment,
      weight + sum(length(g.body)) OVER (ORDER BY g.number), appender, g.number, g.command,
      string_to_array(g.topics, E'\n'), g.sender, string_to_array(g.excepted, E'\n'),
      g.coalesce_key, g.key, g.body
    FROM unnest(numbers, commands, topic_lines, senders, excepted_lines, coalesce_keys, keys,
        bodies) AS g (number, command, topics, sender, excepted, coalesce_key, key, body)
    WHERE g.number > done ORDER BY g.number
    ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING;
    SELECT newest + count(*), weight + coalesce(sum(length(g.body)), 0) INTO newest, weight
    FROM unnest(numbers, bodies) AS g (number, body) WHERE g.number > done;
    INSERT INTO starcast.node AS n (node, number, since, seen)
    VALUES (appender, numbers[cardinality(numbers)], since, moment)
    ON CONFLICT (node) DO UPDATE
    SET number = greatest(n.number, excluded.number), since = excluded.since, seen = moment;
  END IF;

  UPDATE starcast.ordering SET last = newest, bytes = weight WHERE newest > last;
  IF FOUND THEN
    PERFORM pg_notify('starcast', '');
  END IF;

  IF cardinality(numbers) > 0 THEN
    RETURN QUERY
      SELECT e.number, e.sequence FROM starcast.event e
      WHERE e.sequence > since AND e.node = appender AND e.number = ANY (numbers)
        AND e.key IS NULL
      UNION ALL
      SELECT g.number, e.sequence FROM unnest(numbers, keys) AS g (number, key)
      JOIN starcast.event e ON e.key = g.key WHERE g.key IS NOT NULL;
  END IF;
END $$;
