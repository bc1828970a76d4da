package downsampling.batch;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(name = "batch-aggregator", mixinStandardHelpOptions = true, subcommands = Generate.class)
public final class Main implements Callable<Integer> {

    public static void main(String... args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() {
        return 0;
    }
}
