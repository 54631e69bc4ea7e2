package org.pmsevents.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/** The dashboard as somebody sees and uses it. */
final class DashboardPage {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ChromeDriver driver;
    private final URI service;

    DashboardPage(ChromeDriver driver, URI service) {
        this.driver = driver;
        this.service = service;
    }

    /** Opens it without a token, in a tab that knows nothing. */
    DashboardPage open(String hash) {
        driver.get(service + "/");
        driver.executeScript("sessionStorage.clear(); localStorage.clear()");
        driver.get("about:blank");
        driver.get(service + "/" + hash);
        return this;
    }

    DashboardPage open() {
        return open("");
    }

    /** Types a token, as somebody does who has been asked for one. */
    DashboardPage signIn(String token) {
        until(() -> find("#token").isDisplayed());
        find("#token").sendKeys(token, Keys.ENTER);
        return this;
    }

    DashboardPage untilLive() {
        until(() -> link().equals("live"));
        return this;
    }

    /** The state of the connection, as the style sheet knows it; what is said is in {@link #text}. */
    String link() {
        return find("body").getDomAttribute("data-link");
    }

    WebElement find(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    List<WebElement> all(String css) {
        return driver.findElements(By.cssSelector(css));
    }

    String text(String css) {
        return find(css).getText();
    }

    /** The rows of a list or table as they are read; one that is being replaced is looked at again. */
    @SuppressWarnings("unchecked")
    List<String> texts(String css) {
        return (List<String>)
                driver.executeScript("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", css);
    }

    /** A number or text that a script finds. */
    Object script(String script, Object... given) {
        return driver.executeScript(script, given);
    }

    void click(String css) {
        until(() -> {
            find(css).click();
            return true;
        });
    }

    /** Chooses something by the keyboard, wherever on the page it is. */
    void enter(String css) {
        until(() -> {
            find(css).sendKeys(Keys.ENTER);
            return true;
        });
    }

    /** Fills a field by typing. */
    void type(String css, String text) {
        var field = find(css);
        field.clear();
        field.sendKeys(text);
    }

    /** Presses keys wherever the focus is. */
    void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    /** Goes on by the tabulator until the focus is where it is wanted. */
    void tabTo(String css) {
        for (int i = 0; i < 300; i++) {
            if (Boolean.TRUE.equals(driver.executeScript("return document.activeElement.matches(arguments[0])", css))) {
                return;
            }
            press(Keys.TAB);
        }
        throw new AssertionError("no tabulator leads to " + css);
    }

    DashboardPage openProduct(String sku) {
        var hash = "#product/" + URLEncoder.encode(sku, StandardCharsets.UTF_8).replace("+", "%20");
        driver.executeScript("location.hash = arguments[0]", hash);
        until(() -> !all("#product-title").isEmpty() && text("#product").contains(sku));
        return this;
    }

    /** What axe finds wrong, each with an example. */
    @SuppressWarnings("unchecked")
    List<String> accessibilityViolations() {
        try (var axe = getClass().getResourceAsStream("/axe.min.js")) {
            driver.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return (List<String>) driver.executeAsyncScript("""
                const done = arguments[0];
                axe.run().then(found => done(found.violations.map(v => `${v.id}: ${v.help}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`)),
                  failure => done([String(failure)]));
                """);
    }

    void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE)
                .ignoreExceptionsMatching(e -> e instanceof StaleElementReferenceException
                        || (e instanceof WebDriverException
                                && !(e instanceof org.openqa.selenium.NoSuchSessionException)))
                .until(condition);
    }

    void untilText(String css, String part) {
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(WebDriverException.class)
                .untilAsserted(() -> assertThat(String.join("\n", texts(css))).contains(part));
    }
}
