package org.pmsevents.inventory.api;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import org.junit.jupiter.api.Tag;

/** The same on the package, jar or native executable. */
@QuarkusIntegrationTest
@Tag("native")
class InventoryResourceIT extends InventoryResourceTest {}
