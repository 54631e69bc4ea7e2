package org.pmsevents.product;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the packaged service. */
@QuarkusIntegrationTest
class ProductResourceIT extends ProductResourceTest {}
