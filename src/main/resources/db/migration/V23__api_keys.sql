-- Keys that open the service without a JSON Web Token, and who has made and revoked them.
-- A migration that has landed is never edited; change things by a new one.

-- Of a key only its SHA-256 hash is kept: it has 256 random bits, so there is nothing to guess that a slow hash would make dearer.
-- A key that is revoked is deleted here; what is left of it stands in api_key_change.
CREATE TABLE api_key (
    -- Random, and part of the key's text.
    id           text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-z]{12}$'),
    -- The actor of its requests is key:name, so no two keys have the same.
    name         text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    hash         bytea       NOT NULL CHECK (octet_length(hash) = 32),
    roles        text[]      NOT NULL CHECK (cardinality(roles) >= 1),
    -- Where it may change stock; null: everywhere.
    locations    text[]      CHECK (cardinality(locations) >= 1),
    created_at   timestamptz NOT NULL,
    created_by   text        NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz
);

-- Every creation and revocation; kept for good.
CREATE TABLE api_key_change (
    id         uuid PRIMARY KEY,
    change     text        NOT NULL CHECK (change IN ('created', 'revoked')),
    key_id     text        NOT NULL,
    key_name   text        NOT NULL,
    roles      text[]      NOT NULL,
    locations  text[],
    expires_at timestamptz,
    changed_at timestamptz NOT NULL,
    actor      text        NOT NULL,
    trace_id   text        NOT NULL
);

ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key_change ENABLE ROW LEVEL SECURITY;
