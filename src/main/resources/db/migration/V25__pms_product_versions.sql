-- The version that the PMS has given to what was applied last to a product: a webhook with an older one is late, or came twice. The status
-- has a version of its own, because not every webhook has one. A time counts in nanoseconds since 1970.
CREATE TABLE pms_product_version (
    sku            text COLLATE "C" PRIMARY KEY REFERENCES product (sku),
    version        numeric NOT NULL,
    status_version numeric CHECK (status_version <= version)
) WITH (fillfactor = 80);

ALTER TABLE pms_product_version ENABLE ROW LEVEL SECURITY;
