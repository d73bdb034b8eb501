-- The ledger, and law 6: a governed row changes only together with its event.
-- Run as gh_owner. The group roles gh_owner, gh_app, gh_broker, gh_gateway and gh_reader exist before (roles.ts).

alter default privileges revoke execute on functions from public;
grant usage on schema public to gh_app, gh_broker, gh_gateway, gh_reader;

create table ledger_events (
  seq bigint primary key check (seq >= 1),
  at timestamptz not null,
  act text not null,
  project_id text,
  subject_id text not null,
  correlation_id text not null,
  outcome text not null check (outcome in ('ok', 'refused', 'failed')),
  body bytea not null check (octet_length(body) <= 65536),
  prev_hash bytea not null check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  leaf bytea not null check (octet_length(leaf) = 32),
  xact xid8 not null default pg_current_xact_id()
);
create index ledger_events_subject on ledger_events (subject_id, seq);
create index ledger_events_project on ledger_events (project_id, seq);
create index ledger_events_correlation on ledger_events (correlation_id);
create index ledger_events_act on ledger_events (act, seq);

create table ledger_head (
  singleton boolean primary key default true check (singleton),
  seq bigint not null,
  hash bytea not null check (octet_length(hash) = 32)
);
insert into ledger_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Which rows an event covers. The deferred check of law 6 looks here at commit.
create table ledger_event_rows (
  xact xid8 not null,
  row_id text not null,
  seq bigint not null,
  primary key (row_id, xact, seq)
);

create function ledger_refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the ledger is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'GH007';
end $$;

create trigger append_only before update or delete on ledger_events
  for each row execute function ledger_refuse_change();
create trigger append_only_truncate before truncate on ledger_events
  for each statement execute function ledger_refuse_change();
create trigger append_only before update or delete on ledger_event_rows
  for each row execute function ledger_refuse_change();
create trigger append_only_truncate before truncate on ledger_event_rows
  for each statement execute function ledger_refuse_change();
create trigger append_only before insert or delete on ledger_head
  for each row execute function ledger_refuse_change();
create trigger append_only_truncate before truncate on ledger_head
  for each statement execute function ledger_refuse_change();

create function ledger_head_check() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from public.ledger_events e where e.seq = old.seq + 1 and e.prev_hash = old.hash)
    or not exists (select from public.ledger_events e where e.seq = new.seq and e.hash = new.hash)
    or exists (select from public.ledger_events e where e.seq > new.seq)
  then
    raise exception 'the ledger head moves only to the last event' using errcode = 'GH007';
  end if;
  return new;
end $$;
create trigger last_event before update on ledger_head for each row execute function ledger_head_check();

-- The place of the next event. Holds the ledger until the transaction ends: call it last.
create function ledger_next(out seq bigint, out prev_hash bytea)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(4720481946107801164);
  -- The row lock makes a repeatable-read transaction with an old snapshot fail (40001) instead of reading an old head.
  select h.seq + 1, h.hash into strict ledger_next.seq, ledger_next.prev_hash from public.ledger_head h for update;
end $$;

-- Appends events, the first with `first_seq`: their bytes as they are. Everything in the columns is read out of them.
-- Returns the new head.
create function ledger_append_all(first_seq bigint, bodies bytea[]) returns bytea
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  head record;
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

create function ledger_append(seq bigint, body bytea) returns bytea
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  return public.ledger_append_all(seq, array[body]);

-- The check of law 6, at commit.
create function ledger_require_event() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ids text[] := case tg_op when 'INSERT' then array[new.id::text] when 'DELETE' then array[old.id::text]
    else array[old.id::text, new.id::text] end;
  missing text;
begin
  select id into missing from unnest(ids) id
    where not exists (select from public.ledger_event_rows r where r.xact = pg_current_xact_id() and r.row_id = id) limit 1;
  if found then
    raise exception 'the row % of % changed without a ledger event that names it', missing, tg_table_name
      using errcode = 'GH006', table = tg_table_name;
  end if;
  return null;
end $$;

create function ledger_refuse_truncate() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the governed table % cannot be truncated', tg_table_name using errcode = 'GH006', table = tg_table_name;
end $$;

-- Puts a table under law 6. It needs a column `id`. For migrations: `select govern('stories');`
create function govern(table_name regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from pg_attribute a where a.attrelid = table_name and a.attname = 'id' and not a.attisdropped) then
    raise exception 'a governed table needs a column id; % has none', table_name;
  end if;
  execute format('create constraint trigger law_six after insert or update or delete on %s deferrable initially deferred
    for each row execute function public.ledger_require_event()', table_name);
  execute format('create trigger law_six_truncate before truncate on %s
    for each statement execute function public.ledger_refuse_truncate()', table_name);
end $$;

grant execute on function ledger_next(), ledger_append(bigint, bytea), ledger_append_all(bigint, bytea[]) to gh_app, gh_broker, gh_gateway;
grant select on ledger_events, ledger_head, ledger_event_rows to gh_app, gh_reader;
