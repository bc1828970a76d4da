package downsampling.processor.settings;

import downsampling.service.Program;
import java.util.Map;

/** Settings as a command line gives them, for tests. */
public final class ParsedSettings {
    private ParsedSettings() {}

    public static Settings of(String... commandLine) {
        return of(Map.of(), commandLine);
    }

    /** @param environment as the processor's own */
    public static Settings of(Map<String, String> environment, String... commandLine) {
        Options options = new Options(environment);
        new Program("processor", environment, new Program.Output())
                .commandLine(options)
                .parseArgs(commandLine);
        return options.settings();
    }
}
