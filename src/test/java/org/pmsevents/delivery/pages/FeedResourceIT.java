package org.pmsevents.delivery.pages;

import io.quarkus.test.junit.QuarkusIntegrationTest;
import org.junit.jupiter.api.Tag;

/** The same on the packaged service. */
@QuarkusIntegrationTest
@Tag("native")
@Tag("native-suffices")
class FeedResourceIT extends FeedResourceTest {}
