-- The command create-key. Its setting has the parts of the key, none of which can hold a space: id, name, hash in hex, roles separated by
-- commas, trace id.
DO $$
DECLARE
    given text[] := string_to_array(nullif(current_setting('pms_events.create_key', true), ''), ' ');
BEGIN
    IF given IS NOT NULL THEN
        IF EXISTS (SELECT FROM api_key WHERE name = given[2]) THEN
            RAISE EXCEPTION 'There is a key named % already: choose another name, or revoke that one', given[2];
        END IF;
        INSERT INTO api_key (id, name, hash, roles, created_at, created_by)
        VALUES (given[1], given[2], decode(given[3], 'hex'), string_to_array(given[4], ','), now(), 'create-key');
        -- UUIDv7, as everywhere: the audit is listed in the order of its ids
        INSERT INTO api_key_change (id, change, key_id, key_name, roles, changed_at, actor, trace_id)
        SELECT encode(set_bit(set_bit(overlay(
                          uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                          FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
               'created', id, name, roles, created_at, created_by, given[5] FROM api_key WHERE id = given[1];
    END IF;
END;
$$;
