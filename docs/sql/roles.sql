-- Two roles in PostgreSQL: the worker's owns the event log, the front's can leave commands in the inbox and read.
--
-- Run it in the bot's own database, as a superuser or as who owns the database and may create roles:
--
--     psql "$ADMIN_URL" -v ON_ERROR_STOP=1 -f roles.sql
--
-- First on the empty database; then start the worker once, so that it makes the tables; then run this again, and again
-- after each upgrade of the program. It may be run at any time. Passwords are yours to set: \password bot_worker
--
-- Whoever has the front's role, or gets into the front, can neither write the log nor change what a command says or
-- what became of it. What they can insert counts for nothing without a proof, which the worker checks.

DO $$
DECLARE
    read_only text;
    name text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bot_worker') THEN
        CREATE ROLE bot_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bot_front') THEN
        CREATE ROLE bot_front LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT pg_has_role(current_user, 'bot_worker', 'USAGE') THEN
        EXECUTE format('GRANT bot_worker TO %I', current_user);  -- or what it owns could not be handed to it
    END IF;

    -- What PostgreSQL gives to everybody: temporary tables, and before version 15 new tables in the schema.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, bot_front', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO bot_worker, bot_front', current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC, bot_front;
    GRANT USAGE, CREATE ON SCHEMA public TO bot_worker;
    GRANT USAGE ON SCHEMA public TO bot_front;

    -- Locks that are only numbers: the worker holds one as its sign of life, and others to upgrade the schema. Who may
    -- take them from everybody is the superuser alone; where you are none, a front can hold up an upgrade, no more.
    FOR name IN SELECT oid::regprocedure::text FROM pg_proc
                WHERE pronamespace = 'pg_catalog'::regnamespace AND proname LIKE 'pg\_%advisory\_%' LOOP
        BEGIN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bot_worker', name);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'only a superuser can keep others from %', name;
        END;
    END LOOP;

    IF to_regclass('public.commands') IS NULL OR to_regclass('public.alembic_version') IS NULL THEN
        RAISE NOTICE 'There are no tables yet: start the worker once, with the role bot_worker, and run this again.';
        RETURN;
    END IF;

    -- Where one role did everything until now, the worker's takes over what it made.
    FOR name IN SELECT oid::regclass::text FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO bot_worker', name);
    END LOOP;

    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, bot_front;
    REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, bot_front;
    FOREACH read_only IN ARRAY ARRAY['alembic_version', 'events', 'incidents', 'open_secrets', 'cursors',
                                     'installation', 'locks'] LOOP
        EXECUTE format('GRANT SELECT ON TABLE public.%I TO bot_front', read_only);
    END LOOP;
    -- Of the inbox: which commands there are and what became of them, never what others said and by which proof.
    REVOKE ALL (number, command_id, attempt, incident, at, claims, command, arguments, proof_kind, proof, state, answer,
                answered_at) ON TABLE public.commands FROM bot_front;
    GRANT SELECT (number, command_id, attempt, state, answer) ON TABLE public.commands TO bot_front;
    GRANT INSERT (command_id, attempt, incident, at, claims, command, arguments, proof_kind, proof)
        ON TABLE public.commands TO bot_front;
END
$$;
