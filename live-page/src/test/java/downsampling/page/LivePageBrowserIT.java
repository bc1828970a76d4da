package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page in a real browser, without a window. Skipped where there is no Chromium or Chrome with its driver on the path. */
@BrokerTest
class LivePageBrowserIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Selenium says there that it does not know the very version of the browser; kept here, or its level would be lost. */
    private static final Logger SELENIUM_LOG = Logger.getLogger("org.openqa.selenium.devtools");

    private static final String SCRIPT = "<script>alert(1)</script>";
    private static final String ODD = "<img src=x onerror=alert(2)>&amp;\"'\u202e\u0007☃";

    private final Broker broker;
    private final long window = System.currentTimeMillis() / 10_000 * 10_000 - 40_000;

    private TestTopics topics;
    private LivePage page;
    private ChromeDriver browser;

    LivePageBrowserIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void open(@TempDir Path profile) throws Exception {
        Optional<File> binary = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<File> driver = onPath("chromedriver");
        Assumptions.assumeTrue(binary.isPresent() && driver.isPresent(), "no Chromium and chromedriver on the path");
        topics = new TestTopics(broker.bootstrapServers()).create();
        page = LivePage.start(
                TestTopics.address(), topics.shown(), Map.of("bootstrap.servers", broker.bootstrapServers()));
        SELENIUM_LOG.setLevel(Level.OFF);
        LoggingPreferences logging = new LoggingPreferences();
        logging.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(binary.get());
        options.setCapability("goog:loggingPrefs", logging);
        options.addArguments(
                "--headless",
                "--no-sandbox", // containers and root have none
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--user-data-dir=" + Files.createDirectory(profile.resolve("profile")));
        System.setProperty("webdriver.chrome.driver", driver.get().getPath());
        browser = new ChromeDriver(options);
        browser.manage().window().setSize(new Dimension(1280, 900));
    }

    @AfterEach
    void close() {
        if (browser != null) {
            browser.quit();
        }
        if (page != null) {
            page.close();
        }
        if (topics != null) {
            topics.close();
        }
    }

    @Test
    void shouldDrawReadingsAndWindowsAndWhatComesWithoutReload() throws Exception {
        for (int i = 0; i < 10; i++) {
            topics.reading("Sensor1", window + i * 1000, 20 + i);
        }
        topics.summary("Sensor1", window, 10, 20, 29, 24.5);
        browser.get(page.address());

        await("ten points and a window", () -> "10".equals(large("points")) && "1".equals(large("windows")));
        assertThat(pixelsLike("--mean")).as("pixels of the line").isGreaterThan(50);
        assertThat(text("chosen")).isEqualTo("Sensor1");
        browser.executeScript("window.notReloaded = true");

        topics.summary("Sensor1", window + 10_000, 1234, 5, 6, 5.5);

        await("the new window", () -> "2".equals(large("windows")));
        await("its row", () -> text("summaries").contains("1,234"));
        assertThat(text("ratio")).isNotEqualTo("–");
        assertThat(browser.findElement(By.cssSelector("#grid button")).getAccessibleName())
                .contains("Sensor1", "5.5");

        topics.late("Sensor1", window, "{\"ts\":1,\"value\":77}");
        topics.dead("Sensor1", "no JSON at all", "value: expected a JSON object, found nothing");

        await(
                "late",
                () -> text("late").contains("12.3 s too late") && text("late").contains("77"));
        await(
                "dead",
                () -> text("dead").contains("expected a JSON object")
                        && text("dead").contains("no JSON at all"));
        await(
                "counts",
                () -> text("late-count").equals("1") && text("dead-count").equals("1"));

        browser.findElement(By.id("large")).sendKeys(Keys.ARROW_RIGHT);
        await("what the arrow key reached", () -> text("readout").contains("count 1,234, min 5, max 6, mean 5.5"));
        assertThat(browser.executeScript("return window.notReloaded")).isEqualTo(true);
        assertNothingInTheConsole();
    }

    @Test
    void shouldShowTheFieldThatIsChosen() throws Exception {
        topics.reading("Sensor1", window + 1, 20);
        topics.summary("Sensor1", window, 10, 20, 29, 24.5);
        browser.get(page.address());
        await("a window", () -> "1".equals(large("windows")));
        assertThat(browser.findElement(By.id("field-choice")).isDisplayed()).isFalse();

        topics.send(
                topics.summaries,
                "Sensor1",
                "{\"time\":%d,\"temperature\":{\"mean\":21},\"humidity\":{\"p99\":40.5,\"stddev\":null}}"
                        .formatted(window + 20_000),
                TestTopics.window(window + 10_000));
        await("two fields", () -> browser.findElement(By.id("field-choice")).isDisplayed());
        WebElement select = browser.findElement(By.id("field"));
        assertThat(select.getAccessibleName()).startsWith("Field");
        assertThat(select.findElements(By.tagName("option")))
                .extracting(WebElement::getText)
                .containsExactly("temperature", "humidity");
        select.sendKeys("humidity");

        await("its window alone", () -> "1".equals(large("windows")) && "0".equals(large("points")));
        await("its statistics", () -> text("summaries-head").contains("p99"));
        assertThat(text("summaries-head")).contains("stddev").doesNotContain("mean");
        assertThat(text("summaries")).contains("40.5", "–");
        assertThat(text("line")).isEqualTo("p99 of a window");
        assertThat(browser.findElement(By.id("not-drawn")).isDisplayed()).isTrue();
        browser.navigate().refresh();
        await("the same after a reload", () -> text("summaries-head").contains("p99"));
        assertNothingInTheConsole();
    }

    @Test
    void shouldShowTheLevelThatIsChosen() throws Exception {
        long minute = window / 60_000 * 60_000;
        topics.summary("Sensor1", window, 10, 20, 29, 24.5);
        topics.summary("Sensor1", window + 10_000, 10, 20, 29, 25.5);
        topics.send(
                topics.rollup,
                "Sensor1",
                "{\"time\":%d,\"temperature\":{\"mean\":33.25}}".formatted(minute + 60_000),
                Map.of("window.start", String.valueOf(minute)));
        browser.get(page.address());
        await("two windows", () -> "2".equals(large("windows")));
        WebElement select = browser.findElement(By.id("level"));
        assertThat(select.getAccessibleName()).startsWith("Windows");
        assertThat(select.findElements(By.tagName("option")))
                .extracting(WebElement::getText)
                .containsExactly("10s", "1m");
        select.sendKeys("1m");

        await(
                "the minute alone",
                () -> "1".equals(large("windows")) && text("summaries").contains("33.25"));
        assertThat(text("summaries")).doesNotContain("24.5");
        assertThat(browser.findElement(By.cssSelector("#grid button")).getText())
                .contains("33.25");
        browser.navigate().refresh();
        await("the same after a reload", () -> text("summaries").contains("33.25"));
        assertNothingInTheConsole();
    }

    @Test
    void shouldReplaceASummaryThatIsCorrected() throws Exception {
        topics.summary("Sensor1", window, 10, 20, 29, 24.5);
        browser.get(page.address());
        await("the window", () -> text("summaries").contains("24.5"));
        topics.corrected("Sensor1", window, 11, 20, 29, 25.75);

        await("the correction", () -> text("summaries").contains("25.75"));
        assertThat(text("summaries")).contains("revision 1").doesNotContain("24.5");
        assertThat(large("windows")).isEqualTo("1");
        assertNothingInTheConsole();
    }

    @Test
    void shouldShowWhoIsSilentUntilTheyAreBack() throws Exception {
        topics.summary("Sensor1", window, 10, 20, 29, 24.5);
        topics.summary("Sensor2", window, 10, 20, 29, 25.5);
        browser.get(page.address());
        await(
                "two sensors",
                () -> browser.findElements(By.cssSelector("#grid button")).size() == 2);
        WebElement silentOnly = browser.findElement(By.id("silent-only"));
        assertThat(silentOnly.isDisplayed()).isFalse();

        topics.silent("Sensor2", System.currentTimeMillis() - 12 * 60_000);
        await("that it is silent", () -> text("grid").contains("silent 12 min"));
        assertThat(text("silent-only")).isEqualTo("1 silent");
        silentOnly.click();
        await(
                "it alone",
                () -> browser.findElements(By.cssSelector("#grid button")).size() == 1);
        assertThat(silentOnly.getDomAttribute("aria-pressed")).isEqualTo("true");
        browser.findElement(By.cssSelector("#grid button")).click();
        await("since when", () -> text("silent").matches("silent since \\d+ \\w+ \\d\\d:\\d\\d UTC, for 1[23] min"));

        topics.back("Sensor2", 12 * 60_000);
        await("that it is back", () -> text("no-sensors").equals("No such sensor is silent."));
        assertThat(browser.findElement(By.id("silent")).isDisplayed()).isFalse();
        silentOnly.click();
        await("the others", () -> text("grid").contains("24.5"));
        assertThat(text("grid")).contains("25.5").doesNotContain("silent");
        assertThat(silentOnly.isDisplayed()).isFalse();
        assertNothingInTheConsole();
    }

    @Test
    void shouldShowWhateverComesFromATopicAsText() throws Exception {
        String longId = "x".repeat(10_000);
        for (String sensor : List.of(SCRIPT, ODD, longId)) {
            topics.reading(sensor, window + 1, 20);
            topics.summary(sensor, window, 10, 20, 29, 24.5);
            topics.late(sensor, window, sensor);
            topics.dead(sensor, sensor, sensor);
        }
        browser.get(page.address());
        await(
                "three sensors",
                () -> browser.findElements(By.cssSelector("#grid button")).size() == 3);
        await(
                "three dead",
                () -> browser.findElements(By.cssSelector("#dead li")).size() == 3);

        for (String place : List.of("grid", "summaries", "late", "dead")) {
            assertThat((String)
                            browser.executeScript("return document.getElementById(arguments[0]).textContent", place))
                    .as(place)
                    .contains(SCRIPT, ODD, "xxx… (10000 bytes)")
                    .doesNotContain(longId);
        }
        browser.findElements(By.cssSelector("#grid button")).stream()
                .filter(button -> button.getText().contains(SCRIPT))
                .findFirst()
                .orElseThrow()
                .click();
        await("it as chosen", () -> text("chosen").equals(SCRIPT));
        await("its window", () -> "1".equals(large("windows")));
        assertThat((Long) browser.executeScript("return document.querySelectorAll('script, img').length"))
                .as("the page's own scripts and picture")
                .isEqualTo(3L);

        // On a phone nothing is wider than the screen; what a browser without a window takes as its least width is 500.
        browser.manage().window().setSize(new Dimension(500, 800));
        await("no scrolling sideways", () -> (Boolean) browser.executeScript(
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
        assertThat(browser.findElements(By.cssSelector("button:not([hidden]), input")))
                .allSatisfy(control -> assertThat(control.getAccessibleName()).isNotBlank());
        assertNothingInTheConsole();
    }

    private String text(String id) {
        return browser.findElement(By.id(id)).getText();
    }

    private String large(String count) {
        WebElement chart = browser.findElement(By.id("large"));
        return chart.getDomAttribute("data-" + count);
    }

    /** How many pixels of the large chart have very nearly a colour of the style sheet. */
    private long pixelsLike(String colour) {
        return (Long) browser.executeScript("""
                const canvas = document.querySelector("#large canvas");
                const probe = document.createElement("canvas").getContext("2d");
                probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(arguments[0]);
                probe.fillRect(0, 0, 1, 1);
                const wanted = probe.getImageData(0, 0, 1, 1).data;
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                let found = 0;
                for (let i = 0; i < pixels.length; i += 4) {
                  if ([0, 1, 2, 3].every(c => Math.abs(pixels[i + c] - wanted[c]) < 8)) found++;
                }
                return found;
                """, colour);
    }

    private void assertNothingInTheConsole() {
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
                .extracting(LogEntry::getMessage)
                .isEmpty();
    }

    private void await(String what, BooleanSupplier condition) {
        new WebDriverWait(browser, PATIENCE).withMessage(what).until(b -> condition.getAsBoolean());
    }

    private static Optional<File> onPath(String... names) {
        return Arrays.stream(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst();
    }
}
