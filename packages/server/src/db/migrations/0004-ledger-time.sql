-- How far the time that an event says may lie from the clock of the database. Only the owner of the schema changes it, for instance in tests
-- with a clock of their own.
create table ledger_limits (
  singleton boolean primary key default true check (singleton),
  skew interval not null check (skew > interval '0')
);
insert into ledger_limits (skew) values (interval '10 minutes');
grant select on ledger_limits to gh_app, gh_reader;

-- Appends events, the first with `first_seq`: their bytes as they are. Everything in the columns is read out of them.
-- Returns the new head. The time they say is that of the database, within the skew: nothing is dated back or ahead.
create or replace function ledger_append_all(first_seq bigint, bodies bytea[]) returns bytea
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  head record;
  now_at timestamptz := clock_timestamp();
  skew interval;
  at timestamptz;
  body bytea;
  doc jsonb;
  next bigint;
  last_hash bytea;
  prevs bytea[] := '{}';
  hashes bytea[] := '{}';
begin
  select * into strict head from public.ledger_next();
  if first_seq is distinct from head.seq or coalesce(cardinality(bodies), 0) = 0 then
    raise exception 'the next event has the seq %, not %', head.seq, first_seq using errcode = 'GH008';
  end if;
  select l.skew into strict skew from public.ledger_limits l;
  next := head.seq;
  last_hash := head.prev_hash;
  foreach body in array bodies loop
    begin
      doc := convert_from(body, 'UTF8')::jsonb;
    exception when data_exception then
      raise exception 'the body of event % is not JSON in UTF-8: %', next, sqlerrm using errcode = 'GH008';
    end;
    if (doc ->> 'seq') is distinct from next::text or (doc ->> 'version') is distinct from '1' then
      raise exception 'the body of event % must say seq % and version 1, it says seq % and version %',
        next, next, doc ->> 'seq', doc ->> 'version' using errcode = 'GH008';
    end if;
    at := (doc ->> 'time')::timestamptz;
    if at is null or at < now_at - skew or at > now_at + skew then
      raise exception 'event % says the time %, more than % from the clock of the database, which is %', next, doc ->> 'time', skew, now_at
        using errcode = 'GH009';
    end if;
    prevs := prevs || last_hash;
    last_hash := sha256(last_hash || body);
    hashes := hashes || last_hash;
    next := next + 1;
  end loop;
  insert into public.ledger_events (seq, at, act, project_id, subject_id, correlation_id, outcome, body, prev_hash, hash, leaf)
    select head.seq + n - 1, (d.doc ->> 'time')::timestamptz, d.doc ->> 'act', d.doc ->> 'project_id', d.doc #>> '{subject,id}',
      d.doc ->> 'correlation_id', d.doc ->> 'outcome', e.body, e.prev_hash, e.hash, sha256('\x00'::bytea || e.body)
    from unnest(bodies, prevs, hashes) with ordinality e(body, prev_hash, hash, n),
      lateral (select convert_from(e.body, 'UTF8')::jsonb as doc) d;
  insert into public.ledger_event_rows (xact, row_id, seq)
    select distinct pg_current_xact_id(), id, head.seq + n - 1
    from unnest(bodies) with ordinality e(body, n), lateral (select convert_from(e.body, 'UTF8')::jsonb -> 'rows' as rows) d,
      lateral jsonb_array_elements_text(case when jsonb_typeof(d.rows) = 'array' then d.rows else '[]' end) id;
  update public.ledger_head h set seq = next - 1, hash = last_hash;
  perform pg_notify('gatehouse_events', seq::text) from generate_series(head.seq, next - 1) seq;
  return last_hash;
end $$;
