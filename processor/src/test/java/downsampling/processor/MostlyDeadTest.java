package downsampling.processor;

import static downsampling.processor.reading.NotAReadingException.Reason.FUTURE;
import static downsampling.processor.reading.NotAReadingException.Reason.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MostlyDeadTest {
    private final MostlyDead mostlyDead = new MostlyDead();

    @Test
    void shouldSayWhenMostOfWhatComesIsDeadForOneReasonButNotAllTheTime() {
        assertThat(mostlyDead.look(14_995, Map.of(FUTURE, 14_995L, JSON, 0L), 0))
                .hasValueSatisfying(line -> assertThat(line)
                        .startsWith("14995 of the last 14995 records were dead for one reason, future: ")
                        .contains("this machine's clock, which says 1970-01-01T00:00:00Z"));
        assertThat(mostlyDead.look(15_995, Map.of(FUTURE, 15_995L, JSON, 0L), 60_000))
                .isEmpty();
        assertThat(mostlyDead.look(16_995, Map.of(FUTURE, 15_995L, JSON, 900L), 61_000))
                .as("another reason is another matter")
                .hasValueSatisfying(line -> assertThat(line).startsWith("900 of the last 1000 records"));
        assertThat(mostlyDead.look(17_995, Map.of(FUTURE, 16_995L, JSON, 900L), 700_000))
                .isPresent();
    }

    @Test
    void shouldNotSayThatOfAFew() {
        assertThat(mostlyDead.look(1000, Map.of(FUTURE, 400L), 0)).isEmpty();
        assertThat(mostlyDead.look(1010, Map.of(FUTURE, 410L), 1)).isEmpty();
        assertThat(mostlyDead.look(1010, Map.of(FUTURE, 410L), 700_000)).isEmpty();
    }

    @Test
    void shouldCollectWhatComesSlowlyUntilItSaysSomething() {
        for (long count = 1; count < 20; count++) {
            assertThat(mostlyDead.look(count, Map.of(FUTURE, count), count)).isEmpty();
        }
        assertThat(mostlyDead.look(20, Map.of(FUTURE, 20L), 20)).isPresent();
    }
}
