package org.pmsevents.delivery.pages;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same on the packaged service. */
@QuarkusIntegrationTest
class FeedResourceIT extends FeedResourceTest {}
