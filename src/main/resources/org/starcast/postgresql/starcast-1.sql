-- The order of events in PostgreSQL 13 or newer, version 1. Run it once, with psql, Flyway,
-- Liquibase or by starcast.backplane.postgresql.create. Another schema than "starcast" is named
-- here and in starcast.backplane.postgresql.schema.

CREATE SCHEMA IF NOT EXISTS starcast;

-- One row. Who appends holds its lock to the end of the transaction, which is that of one call of
-- starcast.append: so the order of sequences is that of commits. It is locked, and not updated: a
-- transaction that stays open keeps all versions of a row, and who looks for the latest passes them.
CREATE TABLE starcast.ordering (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch text    NOT NULL, -- of the sequences
  floor bigint  NOT NULL  -- up to here events are no longer kept
);

INSERT INTO starcast.ordering (epoch, floor)
VALUES (left(replace(gen_random_uuid()::text, '-', ''), 20), 0);

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
-- committed, and until a node gives it its sequence. What "event", or a node that reads that, could
-- not take is refused here, where the transaction is told, as it would hold back all behind it.
CREATE TABLE starcast.outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction  xid8   NOT NULL DEFAULT pg_current_xact_id(),
  topics       text[] NOT NULL CHECK (array_position(topics, NULL) IS NULL),
  sender       text,
  excepted     text[] NOT NULL CHECK (array_position(excepted, NULL) IS NULL),
  coalesce_key text,
  key          text CHECK (length(key) <= 256),            -- rows of an index are small
  body         bytea  NOT NULL CHECK (length(body) <= 67108864) -- starcast.message.max-bytes
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX outbox_transaction ON starcast.outbox (transaction, id);

-- The calls of nodes, and behind which sequence each appended: of each node the latest, so that it
-- can repeat what was not answered. Those before are deleted now and then.
CREATE TABLE starcast.call (
  node   uuid        NOT NULL,
  number bigint      NOT NULL, -- the last one of the call
  since  bigint      NOT NULL,
  seen   timestamptz NOT NULL,
  PRIMARY KEY (node, number)
);

-- Gives what committed transactions have left in the outbox its sequences, up to 1,000 of them, and
-- then the given events of a node, but for those that were appended before, or with the same key.
-- Returns the sequences of the given ones; and a row more, without the first column, if something
-- was in the outbox: the last id that was taken, and whether there may be more. It has to run in READ
-- COMMITTED, in a transaction of its own.
--
-- outbox_after: ids up to there are not looked for. As long as a transaction stays open somewhere,
-- what was taken cannot be cleaned away, and who begins at the first id passes all of it. But of a
-- transaction that has something behind that id, what it has before comes first: what is taken of a
-- transaction is always its lowest ids that are left, so that its order is kept.
CREATE FUNCTION starcast.append(
  outbox_after bigint, appender uuid, numbers bigint[], commands text[], topic_lines text[],
  senders text[], excepted_lines text[], coalesce_keys text[], keys text[], bodies bytea[])
RETURNS TABLE (appended bigint, given bigint, more boolean)
LANGUAGE plpgsql
SET enable_seqscan = off -- a table that was small when it was analyzed would be read as a whole
SET jit = off            -- nor is what cannot be avoided then worth compiling
AS $$
DECLARE
  newest   bigint;
  weight   bigint;
  since    bigint;
  done     bigint;
  begun    bigint;
  moved    integer;
  taken_to bigint;
  moment   timestamptz;
BEGIN
  -- one statement for the lock, and the next, which sees what was committed until the lock was had
  PERFORM FROM starcast.ordering o WHERE o.one FOR UPDATE;
  SELECT greatest(o.floor, e.sequence), coalesce(e.total, 0) INTO STRICT newest, weight
  FROM starcast.ordering o LEFT JOIN LATERAL
    (SELECT l.sequence, l.total FROM starcast.event l ORDER BY l.sequence DESC LIMIT 1) e ON true
  WHERE o.one;
  since := newest;
  moment := clock_timestamp();

  -- by ctid, and rows compared as a whole, so that each step has one index that it can use, however
  -- small the table was when it was analyzed; nobody else deletes here, and nothing is updated
  WITH taken AS (
    DELETE FROM starcast.outbox WHERE ctid = ANY (ARRAY(
      WITH found AS MATERIALIZED (
        SELECT o.ctid AS place, o.id, o.transaction
        FROM starcast.outbox o WHERE o.id > outbox_after ORDER BY o.id LIMIT 1000
      )
      SELECT a.place FROM (
        SELECT f.place, f.id FROM found f
        UNION ALL
        SELECT b.place, b.id FROM (SELECT DISTINCT f.transaction FROM found f) t, LATERAL (
          SELECT o.ctid AS place, o.id FROM starcast.outbox o
          WHERE (o.transaction, o.id) > (t.transaction, 0::bigint)
            AND (o.transaction, o.id) <= (t.transaction, outbox_after)
          ORDER BY o.transaction, o.id LIMIT 1000
        ) b
      ) a ORDER BY a.id LIMIT 1000))
    RETURNING *
  ), placed AS (
    INSERT INTO starcast.event
      (sequence, time, total, topics, sender, excepted, coalesce_key, key, body)
    SELECT newest + row_number() OVER (ORDER BY t.id), moment,
      weight + sum(length(t.body)) OVER (ORDER BY t.id),
      t.topics, t.sender, t.excepted, t.coalesce_key, t.key, t.body
    FROM taken t ORDER BY t.id
    ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
  )
  SELECT count(*), weight + coalesce(sum(length(t.body)), 0), max(t.id)
  INTO moved, weight, taken_to FROM taken t;
  newest := newest + moved;

  IF cardinality(numbers) > 0 THEN
    SELECT c.number, c.since INTO done, begun FROM starcast.call c WHERE c.node = appender
    ORDER BY c.number DESC LIMIT 1;
    done := coalesce(done, 0);
    IF done >= numbers[1] THEN -- a call that is repeated
      since := begun;
      RETURN QUERY
        SELECT e.number, e.sequence, false FROM starcast.event e
        WHERE e.sequence > begun AND e.node = appender AND e.number = ANY (numbers);
    END IF;
    RETURN QUERY
    INSERT INTO starcast.event (sequence, time, total, node, number, command, topics, sender,
      excepted, coalesce_key, key, body)
    SELECT newest + row_number() OVER (ORDER BY g.number), moment,
      weight + sum(length(g.body)) OVER (ORDER BY g.number), appender, g.number, g.command,
      string_to_array(g.topics, E'\n'), g.sender, string_to_array(g.excepted, E'\n'),
      g.coalesce_key, g.key, g.body
    FROM unnest(numbers, commands, topic_lines, senders, excepted_lines, coalesce_keys, keys,
        bodies) AS g (number, command, topics, sender, excepted, coalesce_key, key, body)
    WHERE g.number > done ORDER BY g.number
    ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
    RETURNING number, sequence, false;
    RETURN QUERY
      SELECT g.number, (SELECT e.sequence FROM starcast.event e WHERE e.key = g.key), false
      FROM unnest(numbers, keys) AS g (number, key) WHERE g.key IS NOT NULL;
    INSERT INTO starcast.call (node, number, since, seen)
    VALUES (appender, numbers[cardinality(numbers)], since, moment)
    ON CONFLICT DO NOTHING;
  END IF;

  IF moved > 0 OR cardinality(numbers) > 0 THEN
    PERFORM pg_notify('starcast', '');
  END IF;

  IF moved > 0 THEN
    RETURN QUERY SELECT NULL::bigint, taken_to, moved = 1000;
  END IF;
END $$;
