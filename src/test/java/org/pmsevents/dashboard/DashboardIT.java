package org.pmsevents.dashboard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/** The dashboard in a real browser, on two real replicas: the page is at one of them, and what happens is done at the other. */
class DashboardIT {
    private static Cluster cluster;
    private static int port;
    private static Replica replica;
    private static Replica other;
    private static Chromium chromium;

    private DashboardPage page;

    @BeforeAll
    static void start() throws Exception {
        chromium = Chromium.start();
        cluster = new Cluster(Map.of());
        port = Cluster.freePort();
        replica = cluster.start(port);
        other = cluster.start(0);
        await().atMost(Duration.ofMinutes(1)).until(() -> replica.isReady() && other.isReady());
    }

    @AfterAll
    static void stop() throws Exception {
        try {
            if (cluster != null) {
                cluster.close();
            }
        } finally {
            if (chromium != null) {
                chromium.close();
            }
        }
    }

    @BeforeEach
    void page() {
        if (!replica.isAlive()) {
            replica = cluster.start(port);
        }
        chromium.complaints();
        chromium.size(1280, 900);
        page = new DashboardPage(chromium.driver(), replica.address());
    }

    private static Response send(String method, String path, String body) {
        var answer = given().baseUri(other.address().toString())
                .urlEncodingEnabled(false)
                .header("Authorization", Tokens.bearer("otto", "admin"))
                .contentType("application/json")
                .body(body)
                .request(method, path);
        assertThat(answer.statusCode()).as(answer.asString()).isLessThan(300);
        return answer;
    }

    private static String create(String start) {
        var sku = Client.newSku(start);
        send("POST", "/api/products", Client.product(sku));
        return sku;
    }

    private static void adjust(String sku, int delta, String reference) {
        send(
                "POST",
                Client.stockPath(sku) + "/adjustments",
                "{\"delta\":" + delta + ",\"reason\":\"receipt\",\"reference\":\"" + reference + "\"}");
    }

    private static int onHand(String sku) {
        return given().baseUri(other.address().toString())
                .header("Authorization", Tokens.bearer("otto", "viewer"))
                .get(Client.stockPath(sku))
                .path("onHand");
    }

    private DashboardPage live(String... roles) {
        return page.open().signIn(Tokens.of("anna", roles)).untilLive();
    }

    @Test
    void showsWhatHappensAsItHappensAndComplainsOfNothing() {
        live("admin");
        var sku = create("SHOW-");
        page.untilText("#ticker", sku);
        send("PUT", Client.stockPath(sku) + "/threshold", "{\"threshold\":3}");
        page.untilText("#low-stock-list [data-key^='" + sku + "'] .name", "Lamp");
        assertThat(page.text("#low-stock-list [data-key^='" + sku + "'] .below"))
                .isEqualTo("3 below");
        adjust(sku, 9, "delivery 1");
        page.untilText("#ticker", "+9 → 9 at main, receipt (delivery 1)");
        page.until(() -> page.texts("#low-stock-list .subject").stream().noneMatch(sku::equals));
        page.until(() -> !page.text("#tile-rate .value").equals("–"));
        page.until(() -> page.texts("#replicas-table tbody tr").size() == 2);
        page.until(() -> !page.texts("#cache-body dd").isEmpty());
        page.until(() -> !page.text("#tile-pms .value").equals("–"));
        assertThat(page.texts("#requests .readout")).first().asString().contains("requests");
        assertThat(page.find("#tile-jobs").getDomAttribute("data-level")).isNull();
        assertThat(
                        page.script(
                                "const box = document.querySelector('#routes .scroll'); return box.scrollHeight - box.clientHeight"))
                .isEqualTo(0L);
        page.openProduct(sku);
        page.untilText("#cache-body .hottest", "Product " + format(sku, 30));
        assertThat(chromium.complaints()).isEmpty();
    }

    private static String format(String id, int longest) {
        int half = (longest - 1) / 2;
        return id.length() <= longest ? id : id.substring(0, half) + "…" + id.substring(id.length() - half);
    }

    @Test
    void beginsWithWhatHappenedBeforeItWasOpened() {
        var sku = create("BEFORE-THE-PAGE-WAS-OPENED-");
        adjust(sku, 4, "some time ago");
        send("PUT", Client.stockPath(sku) + "/threshold", "{\"threshold\":9}");
        live("admin");
        page.untilText("#ticker", "(some time ago)");
        var row = page.find("#ticker .subject a[href='#product/" + sku + "']");
        assertThat(row.getText()).isEqualTo(format(sku, 24));
        assertThat(row.getDomAttribute("title")).isEqualTo(sku);
        page.until(
                () -> !page.find("#rate .canvas").getDomAttribute("aria-label").contains("nothing yet"));
        assertThat(
                        page.script(
                                "return [...document.querySelectorAll('#ticker-families input:not(:checked)')].map(box => box.value)"))
                .isEqualTo(List.of("queue", "cache", "metrics"));
        // from PostgreSQL: the page has been opened since
        page.untilText("#alerts-list .key", "low-stock:" + sku + "@main");
        assertThat(page.all("#alerts-list [data-key*='" + sku + "']")).hasSize(1);
    }

    /** The reference client that the page brings, as somebody else uses it. */
    @Test
    void theFeedClientKeepsACopyOfTheProductsAndReadsItAnewInAnotherEpoch() throws Exception {
        var sku = create("COPY-");
        page.open();
        page.script("""
                const token = arguments[0];
                window.copies = 0;
                import('/dashboard/pms-events.js').then(({ PmsEventsClient, Snapshot }) => Snapshot.products(
                  new PmsEventsClient({ addresses: location.origin, token }), { read: (copy) => { window.copy = copy; window.copies++; } }));
                """, Tokens.of("anna", "viewer"));
        page.until(() -> products().equals(copied()));
        send("PUT", Client.path(sku), Client.product(sku).replace("Lamp", "Desk"));
        create("COPY-");
        page.until(() -> products().equals(copied()));
        assertThat(copied()).containsEntry(sku, 2L);
        assertThat(page.script("return window.copies")).isEqualTo(1L);

        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute("UPDATE feed_head SET previous_id = feed_id, feed_id = gen_random_uuid()");
        }
        page.until(() -> page.script("return window.copies").equals(2L));
        send("PUT", Client.path(sku), Client.product(sku).replace("Lamp", "Chair"));
        page.until(() -> products().equals(copied()));
        assertThat(copied()).containsEntry(sku, 3L);
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> copied() {
        return (Map<String, Object>)
                page.script(
                        "return window.copy && Object.fromEntries([...window.copy].map(([sku, { version }]) => [sku, version]))");
    }

    /** The version of each product, as the other replica has it. */
    private static Map<String, Object> products() {
        var versions = new HashMap<String, Object>();
        var after = "";
        do {
            var found = Client.json(send("GET", "/api/products?limit=500" + after, ""));
            found.get("items")
                    .forEach(product -> versions.put(
                            product.get("sku").textValue(),
                            product.get("version").longValue()));
            after = found.get("next").isNull()
                    ? ""
                    : "&after=" + found.get("next").textValue();
        } while (!after.isEmpty());
        return versions;
    }

    @Test
    void saysThatItIsDisconnectedAndThenGoesOnWhereItWas() {
        var sku = create("LOST-");
        live("admin").openProduct(sku);
        adjust(sku, 1, "before");
        page.untilText("#ticker", "(before)");
        assertThat(page.find("#publish").getDomAttribute("aria-disabled")).isNull();

        replica.kill();
        page.until(() -> page.link().equals("lost"));
        assertThat(page.text("#link-state")).isEqualTo("Disconnected");
        assertThat(page.text("#link-detail")).contains("for ", "since ");
        assertThat(page.all("#events[data-old], #low-stock[data-old], #jobs[data-old]"))
                .hasSize(3);
        assertThat(page.text("#events .as-of")).startsWith("as of ");
        assertThat(page.find("#publish").getDomAttribute("aria-disabled")).isEqualTo("true");
        assertThat(page.find("#publish").getDomAttribute("title")).isEqualTo("Disconnected from the service");
        assertThat(page.accessibilityViolations()).isEmpty();
        IntStream.range(0, 5).forEach(i -> adjust(sku, 1, "missed " + i));

        replica = cluster.start(port);
        page.untilLive();
        // but for the row of the process that was killed, which is gone for good
        page.until(() -> page.all("section[data-old]").isEmpty());
        assertThat(page.find("#publish").getDomAttribute("aria-disabled")).isNull();
        page.untilText("#ticker", "(missed 4)");
        var told = page.texts("#ticker .event .words").stream()
                .filter(words -> words.contains("missed"))
                .toList();
        assertThat(told).hasSize(5);
        assertThat(told.get(0)).contains("+1 → 6 ");
        assertThat(chromium.complaints())
                .allMatch(line -> line.contains("ERR_CONNECTION_REFUSED")
                        || line.contains("ERR_CONNECTION_RESET")
                        || line.contains("ERR_EMPTY_RESPONSE")
                        || line.contains("ERR_INCOMPLETE")
                        || line.contains("WebSocket connection to")
                        || line.contains(" 503 "));
    }

    @Test
    void saysThatEventsAreMissingThatAreNoLongerKept() throws Exception {
        live("admin");
        var sku = create("GONE-");
        page.untilText("#ticker", sku);
        replica.kill();
        page.until(() -> page.link().equals("lost"));
        IntStream.range(0, 4).forEach(i -> adjust(sku, 1, "unkept"));
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            await().until(() -> {
                try (var unsequenced = statement.executeQuery("SELECT 1 FROM event WHERE position IS NULL")) {
                    return !unsequenced.next();
                }
            });
            statement.execute("DELETE FROM event WHERE position < (SELECT head FROM feed_head)");
            statement.execute("UPDATE feed_tail SET pruned = (SELECT head FROM feed_head) - 1");
        }
        replica = cluster.start(port);
        page.untilText("#ticker", "Some events are missing here");
        page.untilLive();
        adjust(sku, 1, "after it");
        page.untilText("#ticker", "(after it)");
    }

    @Test
    void putsWhatOthersHaveWrittenInAsTextOnly() {
        var sku = Client.newSku("<i>&");
        var name = "<img src=x onerror=\"document.title='broken into'\">";
        live("admin");
        send(
                "POST",
                "/api/products",
                "{\"sku\":" + Client.quoted(sku) + ",\"name\":" + Client.quoted(name)
                        + ",\"tags\":[\"<script>document.title='tag'\"],\"price\":{\"amount\":1,\"currency\":\"EUR\"}}");
        send(
                "POST",
                Client.stockPath(sku) + "/adjustments",
                "{\"delta\":2,\"reason\":\"count\",\"reference\":" + Client.quoted(name) + ",\"location\":\"main\"}");
        page.untilText("#ticker", name);
        page.type("#search", sku);
        page.until(() -> page.texts("#search-results .subject").equals(List.of(sku)));
        page.click("#search-results a");
        page.untilText("#product", name);
        page.untilText(".ledger", name);
        page.enter("#ticker .type");
        assertThat(page.text("#inspect-json")).contains("\"type\"");
        assertThat(chromium.driver().getTitle()).isEqualTo("PMS Events");
        assertThat(page.all("main img, main i, main script")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void canBeUsedByEverybody(String theme) {
        var sku = create("AXE-");
        send("PUT", Client.stockPath(sku) + "/threshold", "{\"threshold\":3}");
        send("POST", "/api/jobs", "{\"kind\":\"queue.probe\",\"payload\":{\"steps\":100,\"stepMillis\":500}}");
        live("admin").openProduct(sku);
        page.until(() -> {
            page.click("#theme");
            return page.text("#theme").equals("Theme: " + theme);
        });
        page.untilText("#low-stock-list", sku);
        page.untilText("#jobs-list", "queue.probe");
        page.enter("#rate .as-table summary");
        page.until(() -> !page.all("#rate .as-table td").isEmpty());
        assertThat(page.accessibilityViolations()).isEmpty();
        page.click("#publish");
        assertThat(page.accessibilityViolations()).isEmpty();
    }

    @Test
    void asksForATokenInAWayThatEverybodyCanUse() {
        page.open();
        page.until(() -> page.find("#token").isDisplayed());
        assertThat(page.accessibilityViolations()).isEmpty();
        page.signIn("no token");
        page.untilText("#ask-error", "not a JSON Web Token");
    }

    @ParameterizedTest
    @ValueSource(ints = {320, 390, 768, 1280, 1920})
    void hasNothingBesideTheScreen(int width) {
        var sku = create("A-VERY-LONG-SKU-THAT-HAS-NO-PLACE-TO-BREAK-");
        chromium.size(width, 800);
        live("admin").openProduct(sku);
        adjust(sku, 3, "a reference that is longer than a phone is wide, as they are, for " + sku);
        page.untilText("#ticker", "as they are, for " + sku);
        assertThat(page.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .isEqualTo(0L);
        if (width == 390) {
            assertThat(page.find("header.bar").getSize().height).isLessThanOrEqualTo(96);
            page.until(() -> !page.all("#replicas .scroll[data-more]").isEmpty());
            page.script("document.querySelector('#replicas .scroll').scrollLeft = 9999");
            page.until(() -> page.all("#replicas .scroll[data-more]").isEmpty());
        }
    }

    @Test
    void canBeUsedWithoutAMouse() {
        var sku = create("KEYS-");
        live("admin");
        page.press(Keys.TAB);
        assertThat(page.script("return document.activeElement.textContent")).isEqualTo("Skip to the content");
        page.press(Keys.ENTER);
        page.tabTo("#search");
        page.press(sku);
        page.until(() -> page.texts("#search-results .subject").equals(List.of(sku)));
        page.tabTo("#search-results a");
        page.press(Keys.ENTER);
        page.until(() -> "product-title".equals(page.script("return document.activeElement.id")));
        page.tabTo("#publish");
        page.tabTo("#amount");
        page.press("12");
        page.press(Keys.ENTER);
        page.untilText(".said", "+12: there are 12 at main now.");
    }

    @Test
    void adjustsAndTellsAllThatIsWrong() {
        var sku = create("ADJUST-");
        live("stock").openProduct(sku);
        page.type("#reason", "Not A Word");
        page.click("#adjust");
        page.untilText(".adjust .problem", "validation-failed");
        assertThat(page.text(".adjust .problem")).contains("/delta", "/reason");
        assertThat(page.all(".adjust [aria-invalid]")).hasSize(2);

        page.type("#reason", "receipt");
        page.type("#amount", "7");
        page.untilText(".preview", "0 → 7 at main");
        page.click("#adjust");
        page.untilText(".said", "+7: there are 7 at main now.");
        assertThat(onHand(sku)).isEqualTo(7);
        page.untilText(".ledger tbody tr:first-child", "+7");
        assertThat(page.text(".ledger tbody tr:first-child time")).matches("\\w{3} \\d+ \\w{3,4}, \\d\\d:\\d\\d");
        page.untilText(".on-hand", "7");

        page.script("document.querySelector('#how').value = 'take'; document.querySelector('#how').dispatchEvent(new"
                + " Event('input', {bubbles: true}))");
        page.type("#amount", "8");
        page.click("#adjust");
        page.untilText(".adjust .problem", "There are 7 on hand");
        assertThat(page.texts(".said")).doesNotContain("+7: there are 7 at main now.");
        assertThat(onHand(sku)).isEqualTo(7);
        page.script("document.querySelector('#how').value = 'add'");
        page.type("#amount", "1");
        page.click("#adjust");
        page.untilText(".said", "+1: there are 8 at main now.");
        // told of what others do meanwhile, in the chart, too
        adjust(sku, 30, "by another");
        page.untilText(".on-hand", "38");
        assertThat(page.text("#product .said")).isEmpty();
        page.until(() ->
                page.find("#product .canvas").getDomAttribute("aria-label").contains("now 38"));
    }

    @Test
    void publishesOnlyWhenToldTwice() {
        var sku = create("PUBLISH-");
        live("editor").openProduct(sku);
        page.click("#publish");
        page.click("#confirm button[value=no]");
        assertThat(page.text("#product .badge")).isEqualTo("draft");
        page.click("#publish");
        page.click("#confirm-yes");
        page.untilText("#product .badge", "published");
        page.untilText(".said", "no PMS is configured");
        assertThat(page.text("#publish")).isEqualTo("Sync with the PMS");
        page.click("#publish");
        assertThat(page.text("#confirm-text")).contains("published already");
        page.click("#confirm-yes");
        page.untilText(".said", "Nothing was sent");
    }

    @Test
    void aSearchGoesOnAfterItsFirstPage() {
        var start = Client.newSku("PAGE-");
        send(
                "POST",
                "/api/products/batch",
                IntStream.range(0, 26)
                        .mapToObj(i -> Client.product(start + "-" + i))
                        .collect(Collectors.joining(",", "{\"lines\":[", "]}")));
        live("viewer");
        page.type("#search", start);
        page.untilText("#search-count", "25 or more found");
        page.click("#search-more");
        page.untilText("#search-count", "26 found");
        assertThat(page.all("#search-results li")).hasSize(26);
        assertThat(page.find("#search-more").isDisplayed()).isFalse();
    }

    @Test
    void anAdministratorMakesAKeyAndRevokesIt() {
        var name = "page-" + UUID.randomUUID();
        live("admin");
        page.type("#key-name", "no name");
        page.click("#key-make");
        page.untilText("#keys .problem", "/name");
        page.type("#key-name", name);
        page.type("#key-locations", "north, south");
        page.click("#key-roles input[value=stock]");
        page.click("#key-make");
        page.until(() -> page.find("#secret-value").isDisplayed());
        var key = String.valueOf(page.script("return document.querySelector('#secret-value').value"));
        assertThat(key).startsWith("pmse_");
        assertThat(page.accessibilityViolations()).isEmpty();
        page.click("#secret button[type=submit]");
        var me = given().baseUri(other.address().toString())
                .header("Authorization", "Bearer " + key)
                .get("/api/me");
        assertThat(me.<List<String>>path("roles")).containsExactly("viewer", "stock");
        assertThat(me.<List<String>>path("locations")).containsExactly("north", "south");
        assertThat(page.script("return document.querySelector('#secret-value').value"))
                .isEqualTo("");
        page.untilText("#keys-list", name);
        assertThat(page.text("#keys-list")).contains("at north, south only", "never used", "does not expire");
        page.click("#keys-list [aria-label='Revoke " + name + "']");
        page.click("#confirm-yes");
        page.untilText("#keys-said", "is revoked");
        page.until(() -> page.texts("#keys-list .kind").stream().noneMatch(name::equals));
    }

    @Test
    void showsWhatWaitsForAPerson() throws Exception {
        var sku = create("MEANT-");
        var unknown = Client.newSku("UNKNOWN-");
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute(
                    "INSERT INTO unknown_sku (id, sku, location, on_hand, counted_at, webhook_id, times, first_seen,"
                            + " last_seen) VALUES (gen_random_uuid(), '" + unknown
                            + "', 'main', 6, now(), 'msg', 2, now(), now())");
            statement.execute(
                    "INSERT INTO dead_letter (id, handler, position, event, attempts, error) VALUES (gen_random_uuid(),"
                            + " 'page-test', 1, '{\"type\":\"product.updated\",\"payload\":{},\"metadata\":{\"subject\":\""
                            + sku + "\"}}',"
                            + " 3, 'java.lang.IllegalStateException: it is broken')");
        }
        live("admin");
        page.untilText("#dead-letters-list", "It is broken");
        assertThat(page.text("#dead-letters-list")).contains("page-test", sku, "after 3 attempts");
        page.untilText("#unknown-list", unknown);
        page.type("#unknown-list [aria-label='SKU of the product that " + unknown + " is']", sku);
        page.press(Keys.ENTER);
        page.untilText("#unknown-said", unknown + " is " + sku + ": its count was applied.");
        assertThat(onHand(sku)).isEqualTo(6);
        page.until(() -> !page.text("#unknown-list").contains(unknown));
    }

    @Test
    void showsTheAttemptsOfASubscriptionAndMakesAnotherSecret() throws Exception {
        var name = "page-" + UUID.randomUUID();
        var id = send(
                        "POST",
                        "/api/subscriptions",
                        "{\"name\":\"" + name + "\",\"types\":[\"product.created\"],\"subjects\":[\"none\"],"
                                + "\"start\":\"now\",\"delivery\":{\"kind\":\"webhook\",\"url\":\"https://receiver.invalid/\"}}")
                .<String>path("id");
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute("INSERT INTO subscription_attempt SELECT '" + id + "', n, n, now(), 'msg_' || n, n, n,"
                    + " CASE WHEN n < 3 THEN 200 END, 12, CASE WHEN n = 3 THEN 'java.net.ConnectException: refused' END, NULL"
                    + " FROM generate_series(1, 3) AS n");
        }
        live("operator");
        var row = "#subscriptions-list [data-key='" + id + "'] ";
        page.until(() -> page.find(row + ".spark")
                .getDomAttribute("aria-label")
                .equals("The last 3 attempts: 2 delivered, 1 failed"));
        page.enter(row + ".attempts summary");
        page.untilText(row + ".attempts tbody", "Connect: refused");
        page.click(row + ".rotate");
        page.click("#confirm-yes");
        page.until(() -> page.find("#secret-value").isDisplayed());
        assertThat(String.valueOf(page.script("return document.querySelector('#secret-value').value")))
                .startsWith("whsec_");
        assertThat(page.accessibilityViolations()).isEmpty();
        page.click("#secret button[type=submit]");
        send("DELETE", "/api/subscriptions/" + id, "");
    }

    @Test
    void importsAFileThatWasTriedFirst(@TempDir Path folder) throws IOException {
        var sku = Client.newSku("FILE-");
        var file = Files.writeString(
                folder.resolve("products.csv"), "Artikel;Name;Price;Currency\n" + sku + ";Tea;1.50;EUR\n;Mug;2;EUR\n");
        live("editor");
        page.find("#import-file").sendKeys(file.toString());
        page.until(() -> page.all("#import-preview th select").size() == 4);
        assertThat(page.texts("#import-preview tbody td")).startsWith(sku, "Tea", "1.50", "EUR");
        page.click("#import-try");
        page.untilText("#imports .problem", "import-header");
        page.script("const column = document.querySelector('#import-preview select'); column.value = 'sku';"
                + " column.dispatchEvent(new Event('change'))");
        page.click("#import-try");
        page.untilText("#import-do", "Would create 1, change 0, refuse 1");
        page.click("#import-go");
        page.until(() -> page.texts("#imports-list .badge").stream()
                        .filter("completed"::equals)
                        .count()
                == 2);
        assertThat(page.texts("#imports-list .facts").get(0))
                .contains("1 created")
                .contains("1 rejected");
        assertThat(page.accessibilityViolations()).isEmpty();
        assertThat(send("GET", Client.path(sku), "").statusCode()).isEqualTo(200);
    }

    @Test
    void showsJobsComeOnAndStopsThem() {
        live("operator");
        var id = send("POST", "/api/jobs", "{\"kind\":\"queue.probe\",\"payload\":{\"steps\":60,\"stepMillis\":1000}}")
                .<String>path("id");
        var row = "#jobs-list [data-key='" + id + "']";
        page.until(() -> Integer.parseInt(page.text(row + " .progress .number").split(" ")[0]) >= 2);
        page.click(row + " .cancel");
        page.click("#confirm-yes");
        page.until(() -> page.all(row).isEmpty());
        page.click("#jobs-states input[value=cancelled]");
        page.untilText(row + " .badge", "cancelled");
        assertThat(page.text(row + " .retry")).isEqualTo("Retry");
        page.click(row + " .retry");
        page.until(() -> page.all(row).isEmpty());
        page.click("#jobs-states input[value=running]");
        page.untilText(row + " .badge", "running");
        send("POST", "/api/jobs/" + id + "/cancel", "");

        var later = send(
                        "POST",
                        "/api/jobs",
                        "{\"kind\":\"queue.probe\",\"payload\":{\"failures\":1},\"runAt\":\"2999-01-01T00:00:00Z\",\"maxAttempts\":1}")
                .<String>path("id");
        // as by a link in the ticker: shown whatever states are chosen
        page.script("location.hash = '#job/" + later + "'");
        var named = "#jobs-list [data-key='" + later + "']";
        page.untilText(named + " .retry", "Run now");
        assertThat(page.text(named + " .id a")).isEqualTo(format(later, 20));
        page.click(named + " .retry");
        page.untilText(named + " .badge", "discarded");
        page.untilText(named + " .error", "Was asked to fail 1 times");
        assertThat(page.text(named + " .error")).doesNotContain("Exception");
    }

    @Test
    void tellsAViewerWhatIsNotForThem() {
        var sku = create("VIEW-");
        live("viewer").openProduct(sku);
        assertThat(page.all("main > section").stream()
                        .filter(section -> section.isDisplayed())
                        .map(section -> section.getDomAttribute("id")))
                .containsExactly("overview", "rate", "events", "low-stock", "products", "unknown");
        assertThat(page.all("header nav a").stream()
                        .filter(link -> link.isDisplayed())
                        .map(link -> link.getText()))
                .containsExactly("Overview", "Events", "Low stock", "Products", "Unknown SKUs");
        assertThat(page.texts("#tiles .label")).containsExactly("Events a second", "Low stock");
        assertThat(page.find("#publish").getDomAttribute("aria-disabled")).isEqualTo("true");
        assertThat(page.find("#publish").getDomAttribute("title")).contains("editor");
        assertThat(page.text(".adjust")).contains("For the role stock");
        page.click("#publish");
        assertThat(page.all("dialog[open]")).isEmpty();
        adjust(sku, 4, "seen");
        page.untilText("#ticker", "(seen)");
        assertThat(page.all(".problem[role=alert]")).isEmpty();
        assertThat(chromium.complaints()).isEmpty();
    }

    @Test
    void asksAgainOnceTheTokenHasExpiredAndGoesOn() {
        page.open();
        // tokens are accepted for 30 s after they have expired
        var expiring = Tokens.expiring(-60, -10, "anna", "operator");
        page.signIn(expiring).untilLive();
        var sku = create("EXPIRE-");
        page.untilText("#ticker", sku);
        page.until(() -> page.find("#token").isDisplayed());
        assertThat(page.text("#ask-why")).isEqualTo("Your token has expired.");
        adjust(sku, 1, "meanwhile");
        page.signIn(Tokens.of("anna", "operator")).untilLive();
        page.untilText("#ticker", "(meanwhile)");
    }

    @Test
    void anApiKeySignsInUntilItIsRevoked() {
        var key = Client.json(
                send("POST", "/api/keys", "{\"name\":\"page-" + UUID.randomUUID() + "\",\"roles\":[\"operator\"]}"));
        page.open().signIn("pmse_" + "0".repeat(12) + "A".repeat(43));
        page.untilText("#ask-error", "no such API key");
        page.signIn(key.get("key").textValue()).untilLive();
        assertThat(page.text("#who")).isEqualTo("key:" + key.get("name").textValue() + " (operator)");
        var sku = create("KEY-");
        page.untilText("#ticker", sku);

        given().baseUri(other.address().toString())
                .header("Authorization", Tokens.bearer("otto", "admin"))
                .delete("/api/keys/" + key.get("id").textValue());
        page.until(() -> page.find("#token").isDisplayed());
        assertThat(page.text("#ask-why")).containsPattern("revoked|does not accept");
        page.signIn(Tokens.of("anna", "operator")).untilLive();
    }

    @Test
    void asksAgainForATokenThatTheServiceRefuses() {
        page.open().signIn(Tokens.signedWith("x".repeat(40), "eve", "admin"));
        page.until(() -> page.find("#token").isDisplayed()
                && page.text("#ask-why").startsWith("The service does not accept your token"));
        page.signIn(Tokens.of("anna", "admin")).untilLive();
    }

    @Test
    void countsOnWhilePausedAndKeepsOnlySoMuch() {
        var sku = create("MANY-");
        live("admin");
        page.click("#ticker-pause");
        var before = page.texts("#ticker .words");
        var lines = IntStream.range(0, 1_000)
                .mapToObj(i ->
                        "{\"sku\":\"" + sku + "\",\"delta\":1,\"reason\":\"receipt\",\"reference\":\"r" + i + "\"}")
                .collect(Collectors.joining(",", "{\"lines\":[", "]}"));
        send("POST", "/api/inventory/adjustments", lines);
        // with what else is told meanwhile
        page.until(() -> {
            var counted = page.text("#ticker-count").replace(",", "").split(" ")[0];
            return !counted.isEmpty() && Integer.parseInt(counted) >= 1_000;
        });
        assertThat(page.texts("#ticker .words")).isEqualTo(before);
        page.click("#ticker-pause");
        page.untilText("#ticker", "(r999)");
        assertThat(page.all("#ticker > li")).hasSizeLessThanOrEqualTo(80);
        page.type("#ticker-text", "(r700)");
        page.until(() -> page.all("#ticker > li").size() == 1);
        page.type("#ticker-text", "(r400)");
        page.until(() -> page.all("#ticker > li").isEmpty());
    }
}
