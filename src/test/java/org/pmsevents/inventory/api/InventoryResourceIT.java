package org.pmsevents.inventory.api;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the package, jar or native executable. */
@QuarkusIntegrationTest
class InventoryResourceIT extends InventoryResourceTest {}
